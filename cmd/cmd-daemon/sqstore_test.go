package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// awkward are names of links that are no names of files.
var awkward = []string{
	"", ".", "..", "/", "../x", "../../etc/passwd", "/etc/passwd", "a/b", "a\x00b", "a\nb", "ä", ".hidden", "a.json",
	strings.Repeat("x", 64), strings.Repeat("x", 65), strings.Repeat("x", 5000), "sscop-a", "-", "a b", "%2e%2e",
}

func TestSQStore(t *testing.T) {
	dir := t.TempDir()
	s := &sqStore{dir: filepath.Join(dir, "run"), log: zap.NewNop()}
	if err := os.Mkdir(s.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	names := append([]string{"lab", "to-bob", "Link_1"}, awkward...)
	for i, link := range names {
		if _, ok := s.Load(link); ok {
			t.Errorf("%q has a value before it was saved", link)
		}
		s.Save(link, uint8(i))
		s.Save(link, uint8(i+100))
	}
	for i, link := range names {
		if got, ok := s.Load(link); !ok || got != uint8(i+100) {
			t.Errorf("%q: %d, %v, want %d", link, got, ok, i+100)
		}
	}
	files, err := os.ReadDir(s.dir)
	if err != nil || len(files) != len(names) {
		t.Errorf("%d files for %d links: %v", len(files), len(names), err)
	}
	for _, f := range files {
		if st, err := f.Info(); err != nil || st.Mode() != 0o600 || !strings.HasPrefix(f.Name(), "sscop-") {
			t.Errorf("%s: %v, %v", f.Name(), st.Mode(), err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("something is beside the directory: %v", entries)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "sscop-to-bob.json")); err != nil {
		t.Errorf("a plain name does not show: %v", err)
	}
}

// What is damaged, or another link's, is as if there were none.
func TestSQStoreDamaged(t *testing.T) {
	s := &sqStore{dir: t.TempDir(), log: zap.NewNop()}
	for _, text := range []string{
		"", "{", "null", "[]", "7", `{"link":"lab"}`, `{"link":"lab","vt_sq":null}`, `{"link":"lab","vt_sq":256}`,
		`{"link":"lab","vt_sq":-1}`, `{"link":"lab","vt_sq":"7"}`, `{"link":"other","vt_sq":7}`, `{"vt_sq":7}`, "\x00\xff",
		`{"link":"lab","vt_sq":7}{`, strings.Repeat("[", 100000),
	} {
		if err := os.WriteFile(s.path("lab"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := s.Load("lab"); ok {
			t.Errorf("%.40q gives %d", text, got)
		}
	}
	s.Save("lab", 7)
	if got, ok := s.Load("lab"); !ok || got != 7 {
		t.Errorf("saved over it: %d, %v", got, ok)
	}
}

// A failure is reported and leaves the earlier value and nothing half.
func TestSQStoreFails(t *testing.T) {
	core, lines := observer.New(zap.WarnLevel)
	s := &sqStore{dir: t.TempDir(), log: zap.New(core)}
	s.Save("lab", 1)
	if err := os.Mkdir(s.path("lab")+".new", 0o700); err != nil { // the new file cannot be made
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.path("lab")+".new", "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Save("lab", 2)
	if got, ok := s.Load("lab"); !ok || got != 1 {
		t.Errorf("afterwards: %d, %v", got, ok)
	}
	if lines.Len() != 1 || lines.All()[0].ContextMap()["link"] != "lab" {
		t.Errorf("logged %v", lines.All())
	}
	s.dir = filepath.Join(s.dir, "gone")
	s.Save("lab", 3)
	if lines.Len() != 2 {
		t.Errorf("logged %v", lines.All())
	}
}
