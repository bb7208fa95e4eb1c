"""What each provider can do."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from studio.accounts.requests import Request
from studio.jobs.abilities import columns, pixel_grid, price_grid, table


@require_safe
def providers(request: Request) -> HttpResponse:
    """One table for all models, and the grids of their pixels and prices."""
    shown = columns()
    grids = [(column, pixel_grid(column.model), price_grid(column.model)) for column in shown]
    return render(
        request,
        "jobs/providers.html",
        {
            "columns": shown,
            "rows": table(shown),
            "grids": [grid for grid in grids if grid[1] or grid[2]],
        },
    )
