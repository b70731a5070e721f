"""The browser story: real Chromium, the built page, a real server, a drawn face."""
