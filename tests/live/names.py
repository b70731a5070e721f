"""What the seeded class is called."""

INSTITUTION, CLASS, PASSWORD = "live-institution", "live-class", "Correct-horse-7"
NEIGHBOUR = "neighbour-institution"
CROWD = tuple(f"{family}{given}" for family in "郝龚邵钱汤尹黎易" for given in ("听雨", "望舒", "知秋", "怀瑾"))


def crowd_name(n: int) -> str:
    """Of a simulated learner; a number makes it no other's."""
    return f"{CROWD[n % len(CROWD)]}{n:03}"


def id_number(n: int) -> str:
    """One of many that are valid and nobody's: of a county that was given up."""
    from classroom.people.identity import check_of

    seventeen = f"4401041{990 - n // 1000:03}{1 + n // 28 % 12:02}{1 + n % 28:02}{n % 1000:03}"
    return seventeen + check_of(seventeen)
