"""The registry: one line for each provider."""

from __future__ import annotations

from studio.providers.aigptimage import AIGPTImage
from studio.providers.apimart import APIMart
from studio.providers.apimodels import APIModels
from studio.providers.chatgpt2api import ChatGPT2API
from studio.providers.contract import Provider
from studio.providers.gptimage2plus import GPTImage2Plus
from studio.providers.models import ImageModel

PROVIDERS: dict[str, Provider] = {
    provider.name: provider
    for provider in (
        APIMart(),
        ChatGPT2API(),
        GPTImage2Plus(),
        AIGPTImage(),
        APIModels(),
    )
}


def find_model(provider: str, model: str) -> ImageModel | None:
    """The record of a provider's model, by its id."""
    found = PROVIDERS.get(provider)
    return next((m for m in found.models if m.id == model), None) if found else None
