"""The base of every action here."""

from rasa_sdk import Action


class CustomAction(Action):  # type: ignore[misc]  # rasa-sdk is published without types
    """An action of ours: `name` is what Rasa's domain calls it, `run` replies and remembers."""
