"""What a record allows at every boundary, and what it refuses one beyond."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from studio.providers.catalog import PROVIDERS
from studio.providers.errors import Unsupported
from studio.providers.models import MB
from studio.providers.orders import Order, Reference, Size

MODELS = [model for provider in PROVIDERS.values() for model in provider.models]


def models(chosen):
    return pytest.mark.parametrize("model", chosen, ids=lambda model: model.id)


every_model = models(MODELS)
with_references = models([model for model in MODELS if model.max_references])
with_exact_sizes = models([model for model in MODELS if model.exact_sizes])


def an_order(model, **fields) -> Order:
    return Order(model=model.id, **{"prompt": "a lighthouse at dusk", **fields})


def a_reference(**fields) -> Reference:
    return Reference(**{"media_type": "image/png", "size": 1000, "data": b"x", **fields})


def complaints(model, **fields) -> list[str]:
    return [problem.field for problem in model.problems(an_order(model, **fields))]


@every_model
def test_every_choice_of_the_record_is_accepted(model):
    assert complaints(model) == []
    for ratio in model.ratios:
        for resolution in model.resolutions or ("",):
            assert complaints(model, ratio=ratio, resolution=resolution) == []
    for size in model.exact_sizes:
        assert complaints(model, size=size) == []
    for quality in model.qualities:
        assert complaints(model, quality=quality) == []
    for background in model.backgrounds:
        assert complaints(model, background=background) == []
    for output_format in model.output_formats:
        assert complaints(model, output_format=output_format) == []


@every_model
def test_counts_are_bounded(model):
    assert complaints(model, count=model.most_pictures) == []
    assert complaints(model, count=model.most_pictures + 1) == ["count"]
    assert complaints(model, count=0) == ["count"]


@every_model
def test_an_order_is_shared_out_among_as_few_submissions_as_can_be(model):
    shares = model.shares(an_order(model, count=model.most_pictures))

    assert sum(shares) == model.most_pictures
    assert all(1 <= share <= model.max_count for share in shares)
    assert len(shares) == -(-model.most_pictures // model.max_count)


@every_model
def test_references_are_bounded_in_number(model):
    most = (a_reference(),) * model.max_references

    assert complaints(model, references=most) == []
    assert complaints(model, references=(*most, a_reference())) == ["references"]


@with_references
def test_references_are_bounded_in_size_sum_and_type(model):
    largest = a_reference(size=model.max_reference_bytes)
    too_many_bytes = (largest,) * (model.max_references_bytes // model.max_reference_bytes + 1)

    assert complaints(model, references=(largest,)) == []
    assert complaints(model, references=(a_reference(size=largest.size + 1),)) == ["references"]
    assert "references" in complaints(model, references=too_many_bytes)
    assert complaints(model, references=(a_reference(media_type="image/gif"),)) == ["references"]


@every_model
def test_an_empty_prompt_is_refused(model):
    assert complaints(model, prompt=" \n ") == ["prompt"]


@every_model
def test_what_is_not_in_the_record_is_refused_by_name(model):
    assert complaints(model, ratio="7:5") == ["ratio"]
    assert complaints(model, resolution="8k") == ["resolution"]
    assert complaints(model, quality="ultra") == ["quality"]
    assert complaints(model, background="plaid") == ["background"]
    assert complaints(model, output_format="tiff") == ["output_format"]
    assert complaints(model, size=Size(1001, 1001)) == ["size"]


@with_exact_sizes
def test_a_size_and_a_ratio_exclude_each_other(model):
    size = min(model.exact_sizes)

    assert complaints(model, size=size, ratio=model.default_ratio) == ["size"]


@every_model
def test_check_raises_the_first_problem_with_its_figures(model):
    with pytest.raises(Unsupported) as caught:
        model.check(an_order(model, count=model.most_pictures + 5))

    error = caught.value
    assert error.field == "count"
    assert f"1 to {model.most_pictures} pictures" in error.sentence % error.params
    assert error.params["count"] == model.most_pictures + 5


def test_megabytes_are_binary():
    assert MB == 1_048_576


def test_the_adapters_stay_readable_beside_their_documents():
    files = [
        Path(sys.modules[type(provider).__module__].__file__) for provider in PROVIDERS.values()
    ]

    assert sum(len(file.read_text().splitlines()) for file in files) < 950
