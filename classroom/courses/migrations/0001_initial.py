from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="ClassMember",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("class_id", fields.CharField(max_length=32)),
                ("learner_id", fields.CharField(db_index=True, max_length=32)),
            ],
            options={
                "table": "class_member",
                "app": "courses",
                "unique_together": (("class_id", "learner_id"),),
                "pk_attr": "id",
                "table_description": "A learner is enrolled in a class.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Course",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("title", fields.CharField(max_length=120)),
            ],
            options={
                "table": "course",
                "app": "courses",
                "pk_attr": "id",
                "table_description": "A course (课程): lessons in order.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Delivery",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("session_id", fields.CharField(max_length=64)),
                ("lesson_id", fields.CharField(max_length=32)),
                ("rendition", fields.CharField(max_length=16)),
                ("segment", fields.IntField()),
                ("at_ms", fields.BigIntField()),
            ],
            options={
                "table": "delivery",
                "app": "courses",
                "unique_together": (("session_id", "lesson_id", "rendition", "segment"),),
                "pk_attr": "id",
                "table_description": "A segment was handed over, to its last byte, on an address signed for this session.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Lesson",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                (
                    "course",
                    fields.ForeignKeyField(
                        "courses.Course",
                        source_field="course_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="lessons",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("position", fields.IntField()),
                ("title", fields.CharField(max_length=120)),
                ("length_ms", fields.BigIntField()),
                ("segments", fields.TextField(unique=False)),
            ],
            options={
                "table": "lesson",
                "app": "courses",
                "unique_together": (("course_id", "position"),),
                "pk_attr": "id",
                "table_description": "A lesson (课件): one video in several renditions whose segments begin at the same instants.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TrainingClass",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32)),
                ("title", fields.CharField(max_length=120)),
                ("institution_id", fields.CharField(db_index=True, max_length=32)),
                (
                    "course",
                    fields.ForeignKeyField(
                        "courses.Course",
                        source_field="course_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="classes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "training_class",
                "app": "courses",
                "pk_attr": "id",
                "table_description": "A class (班级) of an institution that studies a course.",
            },
            bases=["Model"],
        ),
    ]
