"""A bank account with exact amounts and a history."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

Money = Decimal | int | str


class InsufficientFunds(ValueError):
    """There is not enough money on the account."""


@dataclass(frozen=True)
class Transaction:
    """One change of the balance."""

    kind: str
    amount: Decimal
    balance: Decimal


class BankAccount:
    """Keep the balance of one owner; it is never negative.

    Amounts are given as ``Decimal``, ``int`` or text such as ``"9.99"``.

    :raises ValueError: the first balance is negative or not an amount.
    """

    def __init__(self, owner: str, balance: Money = 0) -> None:
        self.owner = owner
        self._balance = _decimal(balance)
        if self._balance < 0:
            raise ValueError("the balance must not be negative")
        self._history: list[Transaction] = []

    @property
    def balance(self) -> Decimal:
        """The money on the account now."""
        return self._balance

    def deposit(self, amount: Money) -> Decimal:
        """Put money in and return the new balance.

        :raises ValueError: the amount is not positive.
        """
        return self._change("deposit", _positive(amount), 1)

    def withdraw(self, amount: Money) -> Decimal:
        """Take money out and return the new balance.

        :raises ValueError: the amount is not positive.
        :raises InsufficientFunds: there is not enough money; nothing changes.
        """
        return self._change("withdrawal", _positive(amount), -1)

    def transfer(self, other: "BankAccount", amount: Money) -> None:
        """Move money to another account.

        :raises ValueError: the amount is not positive, or it is the same account.
        :raises InsufficientFunds: there is not enough money; nothing changes.
        """
        if other is self:
            raise ValueError("cannot transfer to the same account")
        money = _positive(amount)
        self._change("transfer out", money, -1)
        other._change("transfer in", money, 1)

    def history(self) -> list[Transaction]:
        """List all transactions, the oldest first."""
        return list(self._history)

    def _change(self, kind: str, amount: Decimal, sign: int) -> Decimal:
        balance = self._balance + sign * amount
        if balance < 0:
            raise InsufficientFunds(f"balance {self._balance} is less than {amount}")
        self._balance = balance
        self._history.append(Transaction(kind, amount, balance))
        return balance


def _decimal(amount: Money) -> Decimal:
    try:
        value = Decimal(amount)
    except InvalidOperation:
        raise ValueError(f"not an amount: {amount!r}") from None
    if not value.is_finite():
        raise ValueError(f"not an amount: {amount!r}")
    return value


def _positive(amount: Money) -> Decimal:
    value = _decimal(amount)
    if value <= 0:
        raise ValueError("the amount must be positive")
    return value
