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

    class Meta:
        table = "training_class"


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
