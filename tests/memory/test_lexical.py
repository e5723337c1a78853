"""Search by words: the database's own index follows whoever writes, and the rarest words lead to the row."""

import pytest

from agentsite.accounts.models import User
from memory import lexical, services
from memory.models.vectors import Collection, VectorMemory
from memory.scope import Scope
from memory.services import Document
from tests.memory.conftest import Store

pytestmark = pytest.mark.engine_in_part


def found(user: User, query: str) -> list[str]:
    ids = [row.id for row in lexical.search(Scope(user.id), query)[:10]]
    texts = dict(VectorMemory.objects.filter(id__in=ids).values_list("id", "content"))
    return [texts[row_id] for row_id in ids]


def many(user: User | None, count: int, text: str) -> None:
    VectorMemory.objects.bulk_create(
        VectorMemory(
            user=user,
            collection=Collection.CODE,
            content=f"{text} {number}",
            content_type="code",
            content_hash=str(number),
            terms=lexical.terms_of(f"{text} {number}"),
        )
        for number in range(count)
    )


def test_an_old_passage_is_found_behind_thousands_of_newer_ones_with_its_common_words(
    owner: User, store: Store
) -> None:
    store(owner, "def convert(number): roman numerals")
    many(owner, 3_000, "def convert(number): something else")
    assert "roman numerals" in found(owner, "convert a number to roman numerals")[0]


def test_a_full_library_does_not_crowd_out_ones_own(owner: User, store: Store) -> None:
    many(None, 2_000, "parse a duration")
    store(owner, "def parse_iso_duration(): pass")
    assert found(owner, "parse an ISO duration")[0] == "def parse_iso_duration(): pass"


def test_the_index_follows_a_change_made_behind_its_back(owner: User, store: Store) -> None:
    store(owner, "def first(): pass")
    VectorMemory.objects.update(terms=" second ")
    assert found(owner, "first") == []
    assert found(owner, "second") == ["def first(): pass"]


def test_a_deleted_passage_is_not_found_by_its_words(owner: User, store: Store) -> None:
    store(owner, "def gone(): pass")
    VectorMemory.objects.all().delete()
    assert found(owner, "gone") == []


def test_a_passage_that_changes_hands_is_found_by_its_new_owner_alone(
    owner: User, stranger: User, store: Store
) -> None:
    store(owner, "def handed_over(): pass")
    VectorMemory.objects.update(user=stranger)
    assert found(owner, "handed over") == []
    assert found(stranger, "handed over") == ["def handed_over(): pass"]


@pytest.mark.parametrize(
    "hostile",
    [
        '" OR owner : "user1',
        "') | 'x",
        "terms : x",
        "a NEAR b",
        "*",
        "^x",
        "' & !'x",
        "\\",
        "ﬁ ² ٣ 数",
        "жукᦰжук",
        "ᦃᦰᦃ",
    ],
)
def test_words_of_a_query_are_never_operators(owner: User, stranger: User, store: Store, hostile: str) -> None:
    store(owner, "def mine(): pass x a b")
    assert found(stranger, hostile) == []
    store(stranger, f"theirs {hostile}")
    assert all(text.startswith("theirs") for text in found(stranger, hostile))


@pytest.mark.parametrize("query", ["ローマ数字", "数字", "ローマ"])
def test_scripts_without_spaces_are_found_by_their_parts(owner: User, store: Store, query: str) -> None:
    store(owner, "整数をローマ数字に変換する関数")
    store(owner, "something else entirely")
    assert found(owner, query) == ["整数をローマ数字に変換する関数"]


def test_word_order_and_case_do_not_matter_and_rare_words_weigh_more(owner: User) -> None:
    documents = [Document(name, f"def {name}(): return value", f"{name}.py") for name in ("alpha", "beta", "gamma")]
    services.index_passages(user_id=owner.id, build_id=None, collection="code", verified=False, documents=documents)
    assert found(owner, "VALUE of Gamma")[0].startswith("def gamma")
