from decimal import Decimal

import pytest

from bank_account import BankAccount, InsufficientFunds, Transaction


@pytest.fixture
def account() -> BankAccount:
    return BankAccount("Ann", 100)


def test_an_account_starts_with_its_owner_and_balance(account: BankAccount) -> None:
    assert (account.owner, account.balance) == ("Ann", Decimal(100))


def test_a_new_account_is_empty() -> None:
    account = BankAccount("Bob")
    assert account.balance == 0
    assert account.deposit(1) == 1


def test_a_deposit_adds_money(account: BankAccount) -> None:
    assert account.deposit("50.25") == Decimal("150.25")
    assert account.balance == Decimal("150.25")


def test_amounts_are_exact(account: BankAccount) -> None:
    account.deposit("0.1")
    account.deposit("0.2")
    assert account.balance == Decimal("100.3")


def test_a_withdrawal_takes_money(account: BankAccount) -> None:
    assert account.withdraw(30) == 70
    assert account.balance == 70


def test_the_whole_balance_can_be_withdrawn(account: BankAccount) -> None:
    assert account.withdraw(100) == 0
    assert account.deposit(5) == 5


def test_too_much_cannot_be_withdrawn(account: BankAccount) -> None:
    with pytest.raises(InsufficientFunds, match="less than 100.01"):
        account.withdraw("100.01")
    assert account.balance == 100
    assert account.history() == []


@pytest.mark.parametrize("amount", [0, -5, "-0.01"])
def test_amounts_must_be_positive(account: BankAccount, amount: int | str) -> None:
    with pytest.raises(ValueError, match="positive"):
        account.deposit(amount)
    with pytest.raises(ValueError, match="positive"):
        account.withdraw(amount)


@pytest.mark.parametrize("amount", ["ten", "NaN", "Infinity"])
def test_amounts_must_be_numbers(account: BankAccount, amount: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        account.deposit(amount)


def test_a_transfer_moves_money(account: BankAccount) -> None:
    other = BankAccount("Bob", 5)
    account.transfer(other, 40)
    assert (account.balance, other.balance) == (Decimal(60), Decimal(45))


def test_a_transfer_that_fails_moves_nothing(account: BankAccount) -> None:
    other = BankAccount("Bob")
    with pytest.raises(InsufficientFunds):
        account.transfer(other, 101)
    with pytest.raises(ValueError, match="same account"):
        account.transfer(account, 1)
    assert (account.balance, other.balance) == (Decimal(100), Decimal(0))


def test_the_history_lists_every_change(account: BankAccount) -> None:
    other = BankAccount("Bob")
    account.deposit(10)
    account.withdraw(20)
    account.transfer(other, 30)
    assert account.history() == [
        Transaction("deposit", Decimal(10), Decimal(110)),
        Transaction("withdrawal", Decimal(20), Decimal(90)),
        Transaction("transfer out", Decimal(30), Decimal(60)),
    ]
    assert other.history() == [Transaction("transfer in", Decimal(30), Decimal(30))]


def test_a_negative_first_balance_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        BankAccount("Ann", -1)
