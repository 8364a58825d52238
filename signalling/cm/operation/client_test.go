package operation_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"callmanager/signalling/cm/operation"
)

// TestCleanName: what can be printed stays, what cannot goes, and a long name ends between two characters.
func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"demo":                        "demo",
		"de\x1b[31m\nmo":              "de[31mmo",
		"\xff\xfeä":                   "ä",
		strings.Repeat("a", 65):       strings.Repeat("a", 64),
		"a" + strings.Repeat("ä", 40): "a" + strings.Repeat("ä", 31),
	} {
		if got := operation.CleanName(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

// TestCleanNameProperty: a clean name is valid, short and printable, and stays as it is.
func TestCleanNameProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got := operation.CleanName(string(rapid.SliceOf(rapid.Byte()).Draw(t, "name")))
		if !utf8.ValidString(got) || len(got) > 64 || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("%q is not clean", got)
		}
		if again := operation.CleanName(got); again != got {
			t.Fatalf("%q becomes %q", got, again)
		}
	})
}
