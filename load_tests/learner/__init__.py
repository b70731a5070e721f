"""A learner without a browser: what the page does, what a person does, and the wires for both."""
