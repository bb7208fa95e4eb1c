"""One record per model: every limit, size, alias and price of it stands there and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import NamedTuple

from studio.providers.errors import Unsupported
from studio.providers.orders import Order, Size
from studio.providers.words import gettext_noop

MB = 1024 * 1024
MOST_PICTURES = 10


class Seconds(NamedTuple):
    """How long one order usually takes, from acceptance to pictures."""

    fast: float
    usual: float
    slow: float


@dataclass(frozen=True, kw_only=True)
class SizeRule:
    """Which exact sizes are taken: sides in pixels, `longest` to the shortest at most `ratio`."""

    multiple: int
    longest: int
    ratio: int
    fewest_pixels: int
    most_pixels: int

    def allows(self, size: Size) -> bool:
        return min(size) > 0 and not self.faults(size)

    def faults(self, size: Size) -> list[str]:
        """The parts of the rule that a size breaks, by their names here."""
        short, long = sorted(size)
        pixels = size.width * size.height
        broken = {
            "multiple": any(side % self.multiple for side in size),
            "longest": long > self.longest,
            "ratio": long > short * self.ratio,
            "fewest_pixels": pixels < self.fewest_pixels,
            "most_pixels": pixels > self.most_pixels,
        }
        return [name for name, is_so in broken.items() if is_so]

    def rounded(self, size: Size) -> Size:
        """The nearest multiples; the other parts of the rule may still be broken."""
        return Size(*(max(1, round(side / self.multiple)) * self.multiple for side in size))


class Price(NamedTuple):
    """Of one picture, as the provider's document lists it: dollars, credits, or both."""

    amount: Decimal | None = None
    credits: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class ImageModel:
    """What a model can do. An empty tuple means that the choice does not exist.

    sizes: (ratio, resolution) → the documented pixel sizes, the expected one first.
    exact_sizes, size_rule: sizes that may be asked for in pixels, listed or by a rule.
    aliases: ratio → the ratio that the provider makes of it.
    unsized_qualities: those whose pixels are not the ones of the table.
    max_count: pictures in one submission, fewer where it has references or an exact size, or at
    a resolution (max_count_at) whose pictures would be too much for one answer.
    max_prompt: characters; reference limits: bytes.
    prices: (resolution, quality) → the listed price; empty where the document gives none.
    billed_sides: resolution → the longest side of an exact size that is billed as it.
    max_concurrent, calls_per_hour: of one key. submit_seconds: how long an answer to the order
    itself may take.
    """

    id: str
    label: str
    seconds: Seconds
    ratios: tuple[str, ...]
    default_ratio: str
    resolutions: tuple[str, ...] = ()
    sizes: Mapping[tuple[str, str], tuple[Size, ...]] = field(default_factory=dict)
    exact_sizes: frozenset[Size] = frozenset()
    size_rule: SizeRule | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    qualities: tuple[str, ...] = ()
    unsized_qualities: tuple[str, ...] = ()
    backgrounds: tuple[str, ...] = ()
    output_formats: tuple[str, ...] = ()
    max_count: int = 1
    max_count_with_references: int | None = None
    max_count_at: Mapping[str, int] = field(default_factory=dict)
    max_count_with_size: int | None = None
    max_prompt: int | None = None
    max_references: int = 0
    max_reference_bytes: int = 20 * MB
    max_references_bytes: int = 256 * MB
    reference_types: tuple[str, ...] = ("image/png", "image/jpeg", "image/webp")
    has_reference_links: bool = True
    has_mask: bool = False
    has_official_fallback: bool = False
    is_idempotent: bool = False
    prices: Mapping[tuple[str, str], Price] = field(default_factory=dict)
    billed_sides: Mapping[str, int] = field(default_factory=dict)
    submit_seconds: float = 60.0
    max_concurrent: int | None = None
    calls_per_hour: int | None = None
    keeps_hours: int | None = None

    def expected_sizes(self, order: Order) -> tuple[Size, ...]:
        """The documented pixels of an order; empty where the document promises none."""
        if order.quality in self.unsized_qualities:
            return ()
        if order.size:
            return (order.size,)
        if order.references and not order.ratio:
            return ()
        ratio = order.ratio or self.default_ratio
        resolution = order.resolution or next(iter(self.resolutions), "")
        return self.sizes.get((self.aliases.get(ratio, ratio), resolution), ())

    def price(self, order: Order) -> Price | None:
        """The listed price of one picture of an order; none where the document is silent."""
        return self.prices.get((self.tier(order), order.quality))

    def tier(self, order: Order) -> str:
        """The resolution that an order is billed as; empty where that is not told."""
        if not order.size:
            return order.resolution
        longest = max(order.size)
        fitting = (tier for tier, side in self.billed_sides.items() if longest <= side)
        return next(fitting, "")

    @property
    def has_exact_sizes(self) -> bool:
        return bool(self.exact_sizes or self.size_rule)

    @property
    def most_pictures(self) -> int:
        """Of one job, which may have several submissions."""
        return max(self.max_count, MOST_PICTURES)

    def shares(self, order: Order) -> list[int]:
        """How many pictures each submission of the order asks for: 10 at four each is 4, 4, 2."""
        most = min(self.max_count, self.max_count_at.get(order.resolution, self.max_count))
        if order.references and self.max_count_with_references:
            most = min(most, self.max_count_with_references)
        if order.size and self.max_count_with_size:
            most = self.max_count_with_size
        full, rest = divmod(order.count, most)
        return [most] * full + [rest] * bool(rest)

    def check(self, order: Order) -> None:
        """Raise `Unsupported` for the first thing in the order that the model does not offer."""
        for problem in self.problems(order):
            raise problem

    def problems(self, order: Order) -> Iterator[Unsupported]:
        yield from self._prompt_problems(order)
        yield from self._choice_problems(order)
        yield from self._size_problems(order)
        yield from self._reference_problems(order)

    def _prompt_problems(self, order: Order) -> Iterator[Unsupported]:
        if not order.prompt.strip():
            yield Unsupported("prompt", gettext_noop("Describe the picture you want."))
        if self.max_prompt and len(order.prompt) > self.max_prompt:
            yield Unsupported(
                "prompt",
                gettext_noop("The prompt has %(length)s characters; %(model)s takes %(limit)s."),
                length=len(order.prompt),
                limit=self.max_prompt,
                model=self.label,
            )
        if not 1 <= order.count <= self.most_pictures:
            yield Unsupported(
                "count",
                gettext_noop("%(model)s makes 1 to %(limit)s pictures at a time, not %(count)s."),
                count=order.count,
                limit=self.most_pictures,
                model=self.label,
            )

    def _choice_problems(self, order: Order) -> Iterator[Unsupported]:
        choices = (
            ("ratio", order.ratio, self.ratios),
            ("resolution", order.resolution, self.resolutions),
            ("quality", order.quality, self.qualities),
            ("background", order.background, self.backgrounds),
            ("output_format", order.output_format, self.output_formats),
        )
        for name, value, offered in choices:
            if value and value not in offered:
                yield Unsupported(
                    name,
                    gettext_noop(
                        "%(model)s does not offer “%(value)s” here. It offers: %(offered)s."
                    ),
                    value=value,
                    offered=", ".join(offered) or "–",
                    model=self.label,
                )
        if order.is_official_fallback and not self.has_official_fallback:
            yield Unsupported(
                "is_official_fallback",
                gettext_noop("%(model)s has no official fallback."),
                model=self.label,
            )

    def _size_problems(self, order: Order) -> Iterator[Unsupported]:
        if not order.size:
            return
        if order.ratio or order.resolution:
            yield Unsupported(
                "size",
                gettext_noop("Choose either an exact size or a ratio, not both."),
            )
        rule = self.size_rule
        if order.size in self.exact_sizes or (rule and rule.allows(order.size)):
            return
        if rule is None:
            yield Unsupported(
                "size",
                gettext_noop("%(model)s makes %(size)s only if it stands in its size table."),
                size=f"{order.size.width} × {order.size.height}",
                model=self.label,
            )
            return
        yield Unsupported(
            "size",
            gettext_noop(
                "%(model)s does not make %(size)s: both sides are multiples of %(multiple)s, the"
                " longer one at most %(longest)s and %(ratio)s times the shorter one, with"
                " %(fewest_pixels)s to %(most_pixels)s pixels in all."
            ),
            size=f"{order.size.width} × {order.size.height}",
            model=self.label,
            **asdict(rule),
        )

    def _reference_problems(self, order: Order) -> Iterator[Unsupported]:
        if len(order.references) > self.max_references:
            yield Unsupported(
                "references",
                gettext_noop("%(model)s takes %(limit)s reference pictures; you have %(count)s."),
                count=len(order.references),
                limit=self.max_references,
                model=self.label,
            )
        for number, reference in enumerate(order.references, start=1):
            if reference.media_type and reference.media_type not in self.reference_types:
                yield Unsupported(
                    "references",
                    gettext_noop(
                        "Reference %(number)s is %(type)s, which %(model)s does not take."
                    ),
                    number=number,
                    type=reference.media_type,
                    model=self.label,
                )
            if reference.size > self.max_reference_bytes:
                yield Unsupported(
                    "references",
                    gettext_noop(
                        "Reference %(number)s has %(size)s MB; %(model)s takes %(limit)s MB."
                    ),
                    number=number,
                    size=reference.size // MB,
                    limit=self.max_reference_bytes // MB,
                    model=self.label,
                )
        if sum(reference.size for reference in order.references) > self.max_references_bytes:
            yield Unsupported(
                "references",
                gettext_noop("The references have more than %(limit)s MB together."),
                limit=self.max_references_bytes // MB,
            )
        if order.mask and not self.has_mask:
            yield Unsupported(
                "mask", gettext_noop("%(model)s does not take a mask."), model=self.label
            )
        elif order.mask and not order.references:
            yield Unsupported("mask", gettext_noop("A mask lies on a reference picture: add one."))
