"""What the addresses of services mean, and that no complaint quotes one."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from studio import services

FOLDER = Path("/srv/darkroom")


def test_without_addresses_everything_lies_in_the_data_folder():
    assert services.database("", FOLDER)["NAME"] == FOLDER
    assert services.database("", FOLDER)["ENGINE"] == "django.db.backends.sqlite3"
    assert services.broker("") == {"orm": "default"}
    assert services.archive("", FOLDER)["OPTIONS"] == {"location": FOLDER}
    assert services.caches("", FOLDER)["sandbox"]["LOCATION"] == str(FOLDER)


def test_postgresql_keeps_its_connections_and_looks_whether_they_live():
    found = services.database("postgresql://me:p%2Fw@db:5433/studio?sslmode=require", FOLDER)

    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert (found["USER"], found["PASSWORD"], found["HOST"]) == ("me", "p/w", "db")
    assert (found["PORT"], found["NAME"]) == (5433, "studio")
    assert (found["CONN_MAX_AGE"], found["CONN_HEALTH_CHECKS"]) == (60, True)
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["connect_timeout"] == 5
    assert "pool" not in found["OPTIONS"]


def test_redis_carries_hints_and_cache():
    found = services.broker("rediss://:p%2Fw@redis:6380/2")

    assert "orm" not in found
    assert found["redis"]["host"] == "redis"
    assert found["redis"]["port"] == 6380
    assert found["redis"]["password"] == "p/w"
    assert found["redis"]["db"] == 2
    assert found["redis"]["ssl"] is True
    assert services.broker("unix:///run/redis.sock")["redis"]["unix_socket_path"] == (
        "/run/redis.sock"
    )
    assert services.caches("redis://redis:6379", FOLDER)["default"]["LOCATION"] == (
        "redis://redis:6379"
    )


def test_a_bucket_is_an_endpoint_with_credentials_a_name_and_a_prefix():
    found = services.archive(
        "s3+https://key:s%2Fcret%2B@s3.example.com:9000/pictures/studio?region=eu-west-3",
        FOLDER,
        public_url="https://cdn.example.com",
    )

    assert found["OPTIONS"] == {
        "endpoint_url": "https://s3.example.com:9000",
        "public_url": "https://cdn.example.com",
        "access_key": "key",
        "secret_key": "s/cret+",
        "bucket_name": "pictures",
        "location": "studio",
        "region_name": "eu-west-3",
        "addressing_style": "path",
    }


@pytest.mark.parametrize(
    "url",
    [
        "mysql://me:hunter2@db/studio",
        "postgresql://me:hunter2@db:port/studio",
        "postgresql://me:hunter2@db",
        "postgresql://me:hunter2@[db/studio",
        "hunter2",
        "postgresql://me:hunter2@db/studio?pool=true",
    ],
)
def test_a_mistaken_database_is_named_but_not_quoted(url):
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL ") as caught:
        services.database(url, FOLDER)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://:hunter2@redis", "redis://:hunter2@redis:port", "redis://:hunter2@redis?db=first"],
)
def test_a_mistaken_redis_is_named_but_not_quoted(url):
    with pytest.raises(ImproperlyConfigured, match=r"^REDIS_URL ") as caught:
        services.broker(url)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://key:hunter2@s3.example.com/pictures",
        "s3+https://key:hunter2@s3.example.com",
        "s3+https://key:hunter2@s3.example.com:port/pictures",
        "s3+https://key:hunter2@s3.example.com/pictures?acl=public",
        "s3+https:///pictures",
    ],
)
def test_a_mistaken_bucket_is_named_but_not_quoted(url):
    with pytest.raises(ImproperlyConfigured, match=r"^STUDIO_STORAGE_URL ") as caught:
        services.archive(url, FOLDER)

    assert "hunter2" not in str(caught.value)


def test_pictures_may_be_shown_from_the_store_that_browsers_reach():
    assert services.origins("https://s3.example.com/bucket") == ["https://s3.example.com"]
    assert services.origins("") == []
