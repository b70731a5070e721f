"""What whoever runs the platform sees: how full it is, what was alarmed, which processes there are (row 25)."""

from django.http import HttpRequest
from ninja import Router, Schema

import settings
from classroom.capacity import service
from classroom.clock import now_ms
from web.api.access import operator

router = Router(tags=["capacity"])
ALARMS = 200


class GaugeNow(Schema):
    """A gauge against its declared load."""

    resource: str
    place: str
    used: float
    limit: float
    percent: float
    alarm: bool


class AlarmRow(Schema):
    """A row of the alarms' log."""

    resource: str
    place: str
    at_ms: int
    kind: str
    used: float
    limit: float


class ProcessRow(Schema):
    """A control process that lives."""

    id: str
    place: str
    version: str
    started_at_ms: int
    at_ms: int
    learners: int


class Standing(Schema):
    """All of it."""

    now_ms: int
    version: str
    gauges: list[GaugeNow]
    alarms: list[AlarmRow]
    processes: list[ProcessRow]


@router.get("", response=Standing)
async def standing(request: HttpRequest) -> Standing:
    """Gauges, alarms, processes; of no person."""
    await operator(request)
    now = now_ms()
    gauges, alarms, processes = await service.standing(now, settings.DESIGN_LEARNERS, ALARMS)
    return Standing(
        now_ms=now,
        version=settings.VERSION,
        gauges=[GaugeNow(**{name: getattr(one, name) for name in GaugeNow.model_fields}) for one in gauges],
        alarms=[AlarmRow(**{name: getattr(one, name) for name in AlarmRow.model_fields}) for one in alarms],
        processes=[ProcessRow(**{name: getattr(one, name) for name in ProcessRow.model_fields}) for one in processes],
    )
