"""Serves the built page: its assets, and its one document for every route."""

import gzip
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpRequest, HttpResponse

import settings
from web.errors import answer

_COMPRESSED = {".js", ".css", ".html", ".svg", ".json", ".webmanifest", ".txt"}
_ASSETS = "assets/"  # names with a hash of their content


@dataclass(frozen=True, slots=True)
class _File:
    changed_ns: int
    content: bytes
    zipped: bytes | None
    kind: str


_files: dict[Path, _File] = {}  # bounded by the build: only files that exist are kept


async def page(request: HttpRequest, path: str) -> HttpResponse:
    """A file of the build, else the document that draws every route by itself."""
    if request.method not in {"GET", "HEAD"}:
        return answer(405)
    file = _find(path)
    if file is None:
        if path.startswith((_ASSETS, "api/", "media/", "ws/")) or "." in path.rpartition("/")[2]:
            return answer(404)
        path = "index.html"
        file = _find(path)
        if file is None:
            return answer(503, "PAGE_NOT_BUILT")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if path.startswith(_ASSETS) else "no-cache",
        "Vary": "Accept-Encoding",
    }
    content = file.content
    if file.zipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        content, headers["Content-Encoding"] = file.zipped, "gzip"
    return HttpResponse(content, content_type=file.kind, headers=headers)


def _find(path: str) -> _File | None:
    file = (settings.UI_ROOT / path).resolve()
    if not file.is_relative_to(settings.UI_ROOT) or not file.is_file():
        return None
    changed_ns = file.stat().st_mtime_ns
    kept = _files.get(file)
    if kept is None or kept.changed_ns != changed_ns:
        content = file.read_bytes()
        zipped = gzip.compress(content, 6) if file.suffix in _COMPRESSED and len(content) > 1_000 else None
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        kind = "text/javascript" if file.suffix in {".js", ".mjs"} else kind
        kept = _files[file] = _File(changed_ns, content, zipped, f"{kind}; charset=utf-8" if zipped else kind)
    return kept
