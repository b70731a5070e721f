"""An actor that answers challenges, drawn from one public-domain portrait; for tests only."""
