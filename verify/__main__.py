"""Start a media process: ``python -m verify``."""

import asyncio
import logging
import os
import signal
import sys

import structlog
import uvloop
from aiohttp import web

from verify.config import Config, ConfigError, config_from_env
from verify.models import ModelError
from verify.server import MediaServer

STOP_S = 1.5  # SIGTERM to exit stays under two seconds

log = structlog.get_logger()


async def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(MediaServer(config).app(), access_log=None, shutdown_timeout=STOP_S)
    await runner.setup()
    await web.TCPSite(runner, config.host, config.port).start()
    log.info("The media process is ready.", host=config.host, port=config.port, slots=config.slots)
    await stop.wait()
    try:
        await asyncio.wait_for(runner.cleanup(), STOP_S)
    except TimeoutError:
        log.warning("A check did not end in time.")


def main() -> int:
    """Run the process; return its exit status."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    try:
        config = config_from_env(os.environ)
        uvloop.run(serve(config))
    except (ConfigError, ModelError) as error:
        log.error("The media process can't start.", why=str(error))
        return 2
    return 0


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)  # native threads of a half-measured frame must not hold the process
