"""The actor in a real browser: Chromium's VP8 reaches the judge, and the page's prompt is all the actor reads."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import WSMsgType, web
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.actor import sender
from tests.actor.frames import Actor
from tests.actor.sender import Client, connect
from tests.verify.conftest import Media, request
from verify.protocol import Action, Answer, Offer, Open, Passed, Prompt, Reason, TryFailed

pytestmark = pytest.mark.browser

CAMERA = Path(sender.__file__).with_name("camera.js").read_text()
PAGE = """<!doctype html><title>check</title><div id="place"></div><script>
async function check() {
  const stream = await navigator.mediaDevices.getUserMedia({ video: true });
  const peer = new RTCPeerConnection({ iceServers: [] });
  stream.getTracks().forEach((track) => peer.addTrack(track, stream));
  await peer.setLocalDescription(await peer.createOffer());
  await new Promise((done) => {
    if (peer.iceGatheringState === "complete") done();
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done();
    setTimeout(done, 2000);
  });
  const socket = new WebSocket(`ws://${location.host}/socket`);
  socket.onopen = () => socket.send(peer.localDescription.sdp);
  socket.onmessage = async ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "answer") await peer.setRemoteDescription(message);
    const place = document.getElementById("place");
    place.replaceChildren();
    if (message.type === "prompt") {
      const prompt = document.createElement("p");
      Object.assign(prompt.dataset, { testid: "check-prompt", action: message.action });
      Object.assign(prompt.dataset, { index: message.index, try: message.try_no });
      place.append(prompt);
    }
  };
  socket.onclose = () => { stream.getTracks().forEach((track) => track.stop()); peer.close(); };
}
</script>"""


class Relay:
    """Stands for the control plane: hands offers in and prompts out."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self.asked: Open | None = None
        self.ended: asyncio.Queue[Client] = asyncio.Queue(1)

    async def page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def socket(self, incoming: web.Request) -> web.WebSocketResponse:
        page = web.WebSocketResponse()
        await page.prepare(incoming)
        assert self.asked is not None
        async with connect(self._media.url, self._media.secret) as client:
            await client.say(self.asked)
            await client.hear()
            first = await page.receive(10)
            assert first.type is WSMsgType.TEXT
            await client.say(Offer(first.data))
            while (message := await client.hear()) is not None:
                match message:
                    case Answer(sdp):
                        await page.send_json({"type": "answer", "sdp": sdp})
                    case Prompt(try_no, index, _, action, _):
                        fields = {"try_no": try_no, "index": index, "action": action}
                        await page.send_json({"type": "prompt", **fields})
                    case _:
                        await page.send_json({"type": "other"})
        await page.close()
        await self.ended.put(client)
        return page


@pytest.fixture
async def relay(media: Media) -> AsyncIterator[tuple[Relay, str]]:
    relay = Relay(media)
    app = web.Application()
    app.router.add_get("/", relay.page)
    app.router.add_get("/socket", relay.socket)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield relay, f"http://127.0.0.1:{port}/"
    await runner.cleanup()


def browser(chromium: Path, cast: Actor) -> webdriver.Chrome:
    options = Options()
    options.binary_location = str(chromium)
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    frames = f"window.__actorFrames = {json.dumps(cast.for_browser())};\n"
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": frames + CAMERA})
    return driver


async def test_the_actor_answers_from_a_page(chromium: Path, cast: Actor, relay: tuple[Relay, str]) -> None:
    control, address = relay
    driver = await asyncio.to_thread(browser, chromium, cast)
    try:
        await asyncio.to_thread(driver.get, address)

        control.asked = request((Action.TURN_RIGHT, Action.CLOSE_EYES, Action.NOD))
        await asyncio.to_thread(driver.execute_script, "check()")
        honest = (await asyncio.wait_for(control.ended.get(), 60)).outcome
        assert isinstance(honest.verdict, Passed), honest.words()

        control.asked = request((Action.OPEN_MOUTH, Action.NOD))
        await asyncio.to_thread(driver.execute_script, "window.__actorMode = 'wrong'; check()")
        wrong = (await asyncio.wait_for(control.ended.get(), 60)).outcome
        assert wrong.of(TryFailed) == [TryFailed(Reason.WRONG_ACTION, 0)], wrong.words()

        refused = await asyncio.to_thread(
            driver.execute_async_script,
            """const done = arguments[0]; window.__actorMode = "none";
            navigator.mediaDevices.getUserMedia({ video: true }).then(() => done(null), async (error) =>
              done([error.name, (await navigator.mediaDevices.enumerateDevices()).length]));""",
        )
        assert refused == ["NotFoundError", 0]
    finally:
        await asyncio.to_thread(driver.quit)
