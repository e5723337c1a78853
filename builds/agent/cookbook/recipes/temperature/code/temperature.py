"""Convert temperatures between Celsius, Fahrenheit and kelvin."""

_ABSOLUTE_ZERO = -273.15
_SCALES = {"celsius", "fahrenheit", "kelvin"}


def celsius_to_fahrenheit(degrees: float) -> float:
    """Convert degrees Celsius to degrees Fahrenheit.

    :raises ValueError: the temperature is below absolute zero.
    """
    return _checked(degrees) * 9 / 5 + 32


def fahrenheit_to_celsius(degrees: float) -> float:
    """Convert degrees Fahrenheit to degrees Celsius.

    :raises ValueError: the temperature is below absolute zero.
    """
    return _checked((degrees - 32) * 5 / 9)


def celsius_to_kelvin(degrees: float) -> float:
    """Convert degrees Celsius to kelvin.

    :raises ValueError: the temperature is below absolute zero.
    """
    return _checked(degrees) - _ABSOLUTE_ZERO


def kelvin_to_celsius(kelvin: float) -> float:
    """Convert kelvin to degrees Celsius.

    :raises ValueError: the temperature is below absolute zero.
    """
    return _checked(kelvin + _ABSOLUTE_ZERO)


def convert_temperature(value: float, source: str, target: str) -> float:
    """Convert between two of the scales ``celsius``, ``fahrenheit`` and ``kelvin``.

    :raises ValueError: unknown scale, or a temperature below absolute zero.
    """
    source, target = source.lower(), target.lower()
    if unknown := {source, target} - _SCALES:
        raise ValueError(f"unknown scale: {sorted(unknown)[0]}")
    if source == "fahrenheit":
        value = fahrenheit_to_celsius(value)
    elif source == "kelvin":
        value = kelvin_to_celsius(value)
    if target == "fahrenheit":
        return celsius_to_fahrenheit(value)
    return celsius_to_kelvin(value) if target == "kelvin" else _checked(value)


def _checked(celsius: float) -> float:
    # The tolerance lets 0 K and -459.67 F through, which floats do not hit exactly.
    if celsius < _ABSOLUTE_ZERO - 1e-9:
        raise ValueError("temperature is below absolute zero")
    return celsius
