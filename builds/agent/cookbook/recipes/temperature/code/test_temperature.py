import pytest

from temperature import (
    celsius_to_fahrenheit,
    celsius_to_kelvin,
    convert_temperature,
    fahrenheit_to_celsius,
    kelvin_to_celsius,
)


@pytest.mark.parametrize(
    ("celsius", "fahrenheit"), [(0, 32), (100, 212), (-40, -40), (37, 98.6)]
)
def test_celsius_and_fahrenheit_agree(celsius: float, fahrenheit: float) -> None:
    assert celsius_to_fahrenheit(celsius) == pytest.approx(fahrenheit)
    assert fahrenheit_to_celsius(fahrenheit) == pytest.approx(celsius)


@pytest.mark.parametrize(("celsius", "kelvin"), [(0, 273.15), (26.85, 300)])
def test_celsius_and_kelvin_agree(celsius: float, kelvin: float) -> None:
    assert celsius_to_kelvin(celsius) == pytest.approx(kelvin)
    assert kelvin_to_celsius(kelvin) == pytest.approx(celsius)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (100, "celsius", "fahrenheit", 212),
        (212, "Fahrenheit", "Celsius", 100),
        (32, "fahrenheit", "kelvin", 273.15),
        (273.15, "kelvin", "fahrenheit", 32),
        (20, "celsius", "celsius", 20),
    ],
)
def test_scales_are_named(
    value: float, source: str, target: str, expected: float
) -> None:
    assert convert_temperature(value, source, target) == pytest.approx(expected)


def test_absolute_zero_itself_is_allowed() -> None:
    assert kelvin_to_celsius(0) == pytest.approx(-273.15)
    assert fahrenheit_to_celsius(-459.67) == pytest.approx(-273.15)


def test_temperatures_below_absolute_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="absolute zero"):
        celsius_to_fahrenheit(-274)
    with pytest.raises(ValueError, match="absolute zero"):
        convert_temperature(-1, "kelvin", "celsius")


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown scale: rankine"):
        convert_temperature(1, "celsius", "rankine")
