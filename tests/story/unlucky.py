"""A learner who is honest and unlucky, and the staff beside: used by the tests of refusals."""

from typing import Any

from selenium.webdriver.common.by import By

from tests.story.browser import DESKTOP, PHONE, Person
from tests.story.test_pages import serious
from tests.story.test_story import sign_in

NOT_ASKED = {"nod", "turn_left"}


def prompts_from_now(one: Person) -> None:
    """Write down every action that the page shows."""
    one.script(
        """
        window.__prompts = [];
        new MutationObserver(() => {
            const shown = document.querySelector('[data-testid=check-prompt]');
            if (shown) window.__prompts.push(shown.dataset.action);
        }).observe(document.body, {childList: true, subtree: true, attributes: true});
        """
    )


def prompts(one: Person) -> set[str]:
    """The actions shown since."""
    return set(one.script("return window.__prompts"))


def looked_at(one: Person, name: str, *, desktop: bool = False) -> list[str]:
    """Keep the picture on a phone (and a desktop); what is wrong with it for whoever can't see or point well."""
    found = []
    for width, size in (("390", PHONE), *((("1440", DESKTOP),) if desktop else ())):
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
        one.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        one.script("window.scrollTo(0, 0)")
        one.shoot(f"unlucky-{name}-{width}")
        found += [f"{name} {width} {one}" for one in serious(one)]
        if one.script("return document.documentElement.scrollWidth > innerWidth + 1"):
            found.append(f"{name} {width}: wider than the screen")
        found += [f"{name} {width}: too small to touch: {small}" for small in _small(one)]
    wide = {"width": DESKTOP[0], "height": DESKTOP[1], "deviceScaleFactor": 1, "mobile": False}
    one.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", wide)
    return found


def _small(one: Person) -> list[str]:
    return list(
        one.script(
            """
            return [...document.querySelectorAll('main button, main label, [role=dialog] button')].filter(found => {
                const box = found.getBoundingClientRect();
                return box.width > 0 && box.height < 43.5 && found.matches('.el-button, label');
            }).map(found => found.innerText.slice(0, 30) + ' ' + found.getBoundingClientRect().height);
            """
        )
    )


def set_alternative(staff: Person, name: str) -> list[str]:
    """Take two actions away from a learner; what axe says of the dialog."""
    sign_in(staff, "staff")
    staff.visit("/staff")
    staff.see("staff-learner")
    rows = staff.driver.find_elements(By.CSS_SELECTOR, "[data-testid=staff-learner]")
    at = next(number for number, row in enumerate(rows) if name in row.text)
    staff.click(f"staff-actions-{at}")
    for action in sorted(NOT_ASKED):
        staff.click(f"not-asked-{action}")
    findings = looked_at(staff, "actions")
    assert not staff.see("not-asked-open_mouth").is_enabled()  # three remain
    staff.click("actions-save")
    shown = staff.see("staff-not-asked").get_attribute("data-not-asked") or ""
    assert set(shown.split()) == NOT_ASKED
    return findings


def handle(staff: Person) -> tuple[Any, list[str]]:
    """See the oldest request and say what was done; what was shown of it, and what axe says."""
    staff.visit("/staff")
    request = staff.see("staff-request")
    shown = {
        "reason": request.get_attribute("data-reason"),
        "outcome": request.get_attribute("data-outcome"),
        "text": request.text,
    }
    findings = looked_at(staff, "staff")
    staff.script(
        """
        const choice = document.querySelector('[data-testid=request-outcome-0]');
        choice.value = 'MAY_TRY_AGAIN';
        choice.dispatchEvent(new Event('change', {bubbles: true}));
        """
    )
    staff.click("request-handle-0")
    staff.wait("handled", lambda: staff.find("staff-request") is None)
    return shown, findings
