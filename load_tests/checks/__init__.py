"""The bench ``checks``: how often the honest pass a check, how often each attack that can be made here does.

Each subject is filmed once (drawn, or cut from footage), passes through VP8 as aiortc encodes it, and is measured by the
media plane's own landmarks, quality and identity. The series are kept outside the repository; the pure verdict then judges
them under random scripts, and some of the scripts are run end to end against a real media process.
"""
