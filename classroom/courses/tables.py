"""Courses, their lessons, the classes that study them, and what of them was delivered to whom."""

from tortoise import fields
from tortoise.models import Model


class Course(Model):
    """A course (课程): lessons in order."""

    id = fields.CharField(32, primary_key=True)
    title = fields.CharField(120)

    class Meta:
        table = "course"


class Lesson(Model):
    """A lesson (课件): one video in several renditions whose segments begin at the same instants."""

    id = fields.CharField(32, primary_key=True)
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "courses.Course", related_name="lessons", on_delete=fields.RESTRICT
    )
    course_id: str
    position = fields.IntField()
    title = fields.CharField(120)
    length_ms = fields.BigIntField()
    segments = fields.TextField()  # JSON list: where each segment starts, in milliseconds

    class Meta:
        table = "lesson"
        unique_together = (("course_id", "position"),)


class TrainingClass(Model):
    """A class (班级) of an institution that studies a course."""

    id = fields.CharField(32, primary_key=True)
    title = fields.CharField(120)
    institution_id = fields.CharField(32, db_index=True)
    region_code = fields.CharField(
        6, db_index=True, db_default="440000"
    )  # GB/T 2260: the city or county in which it is held
    course: fields.ForeignKeyRelation[Course] = fields.ForeignKeyField(
        "courses.Course", related_name="classes", on_delete=fields.RESTRICT
    )
    course_id: str
    qualification = fields.CharField(24, null=True)  # special_operation | principal | safety_manager
    item_code = fields.CharField(24, null=True)  # of the catalogue (catalogue.py); text: 8.10 isn't 8.1

    class Meta:
        table = "training_class"


class Suspension(Model):
    """An institution or a course is suspended in a region, what was lifted keeps its row."""

    id = fields.CharField(32, primary_key=True)
    subject = fields.CharField(16)  # institution | course
    subject_id = fields.CharField(32)
    region_code = fields.CharField(6)  # of the regulator who said so: elsewhere they have no say
    live = fields.CharField(1, null=True)  # "1" until it is lifted
    reason = fields.CharField(200)
    at_ms = fields.BigIntField()
    by_id = fields.CharField(32)
    lifted_at_ms = fields.BigIntField(null=True)
    lifted_by_id = fields.CharField(32, null=True)
    lifted_reason = fields.CharField(200, null=True)

    class Meta:
        table = "suspension"
        unique_together = (("subject", "subject_id", "region_code", "live"),)


class ClassProctor(Model):
    """A proctor watches a class."""

    id = fields.BigIntField(primary_key=True, generated=True)
    class_id = fields.CharField(32)
    proctor_id = fields.CharField(32, db_index=True)

    class Meta:
        table = "class_proctor"
        unique_together = (("class_id", "proctor_id"),)


class ClassMember(Model):
    """A learner is enrolled in a class."""

    id = fields.BigIntField(primary_key=True, generated=True)
    class_id = fields.CharField(32)
    learner_id = fields.CharField(32, db_index=True)

    class Meta:
        table = "class_member"
        unique_together = (("class_id", "learner_id"),)


class Delivery(Model):
    """A segment was handed over, to its last byte, on an address signed for this session."""

    id = fields.BigIntField(primary_key=True, generated=True)
    session_id = fields.CharField(64)
    lesson_id = fields.CharField(32)
    rendition = fields.CharField(16)
    segment = fields.IntField()
    at_ms = fields.BigIntField()

    class Meta:
        table = "delivery"
        unique_together = (("session_id", "lesson_id", "rendition", "segment"),)  # asked again, it proves nothing new


class Courseware(Model):
    """A video file that an institution brought (课件), on its way to a lesson of the same id."""

    id = fields.CharField(32, primary_key=True)
    institution_id = fields.CharField(32, db_index=True)
    course_id = fields.CharField(32)
    class_id = fields.CharField(32, null=True)  # by which it was named
    title = fields.CharField(120)
    file_name = fields.CharField(120)  # as the person's machine calls it; never a path of ours
    fingerprint = fields.CharField(64)  # tells whether a file that is chosen again is the same
    size_bytes = fields.BigIntField()
    brought_by = fields.CharField(32)
    brought_at_ms = fields.BigIntField()
    state = fields.CharField(16, db_index=True)
    changed_at_ms = fields.BigIntField()
    stage = fields.CharField(16, default="")
    progress = fields.IntField(default=0)  # thousandths of the whole work
    attempts = fields.IntField(default=0)
    owner = fields.CharField(64, null=True)  # who works on it, until when unless it is said again
    lease_until_ms = fields.BigIntField(default=0)
    refusal = fields.CharField(32, null=True)  # why it was refused, or failed
    report = fields.TextField(null=True)  # JSON, film/report.py
    length_ms = fields.BigIntField(null=True)
    segments = fields.TextField(null=True)
    decided_by = fields.CharField(32, null=True)
    decided_at_ms = fields.BigIntField(null=True)
    accepted = fields.TextField(null=True)  # JSON: the faults that the person accepted

    class Meta:
        table = "courseware"
