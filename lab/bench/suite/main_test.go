package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"callmanager/lab/bench"
)

// save writes a result with one row that is missing.
func save(t *testing.T, dir, name, why string) string {
	t.Helper()
	d := &bench.Defs[0]
	r := bench.Result{Schema: bench.Schema, When: time.Now(), Rows: []bench.Row{{ID: d.ID, Measure: d.Measure, Unit: d.Unit, Missing: why}}}
	path := filepath.Join(dir, name)
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// The exit codes, and what is said where.
func TestExecute(t *testing.T) {
	dir := t.TempDir()
	before, after := save(t, dir, "old.json", "too old"), save(t, dir, "new.json", "too new")
	guide := filepath.Join(dir, "README.md")
	if err := os.WriteFile(guide, []byte("no place\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name           string
		args           []string
		code           int
		stdout, stderr string
	}{
		{"compare", []string{"compare", before, after}, 0, "too old", ""},
		{"compare one", []string{"compare", before}, 2, "", "compare OLD NEW"},
		{"compare with none", []string{"compare", before, after + "x"}, 1, "", "no such file"},
		{"no place for the table", []string{"readme", before, guide}, 1, "", "has no line"},
		{"no row", []string{"run", "--match", "no such row", "--out", filepath.Join(dir, "out.json")}, 2, "", "frame/1492"},
		{"no such flag", []string{"run", "--loud"}, 2, "", "--loud"},
		{"arguments", []string{"run", "fast"}, 2, "", "1 arguments"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := execute(t.Context(), tc.args, &stdout, &stderr); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			for _, o := range []struct{ got, want string }{{stdout.String(), tc.stdout}, {stderr.String(), tc.stderr}} {
				if !strings.Contains(o.got, o.want) || o.want == "" && o.got != "" {
					t.Errorf("%q, want %q", o.got, o.want)
				}
			}
		})
	}
}

// TestReadme puts the table of a result into a guide.
func TestReadme(t *testing.T) {
	dir := t.TempDir()
	guide := filepath.Join(dir, "README.md")
	const place = "<!-- The table is written by make bench-readme. -->\n<!-- end of the table -->\n"
	if err := os.WriteFile(guide, []byte("above\n"+place+"below\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if code := execute(t.Context(), []string{"readme", save(t, dir, "new.json", "asleep"), guide}, &stderr, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(text), "above\n") || !strings.HasSuffix(string(text), "below\n") || !strings.Contains(string(text), "not measured: asleep") {
		t.Errorf("%s", text)
	}
}

// TestStep builds and runs a benchmark of the suite in short, from the root of the repository.
func TestStep(t *testing.T) {
	t.Chdir("../../..")
	t.Setenv(bench.PairsEnv, "2")
	t.Setenv(bench.TurnEnv, "1ms")
	dir := t.TempDir()
	out := filepath.Join(dir, "results", "result.json")
	var stdout, stderr bytes.Buffer
	args := []string{"run", "--match", "^sar/", "--out", out, "--profiles", filepath.Join(dir, "profiles")}
	if code := execute(t.Context(), args, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	r, err := bench.Load(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 1 || r.Rows[0].ID != "sar/1500" || r.Rows[0].Missing != "" || len(r.Rows[0].Ours.Samples) != 2 || r.Rows[0].Ours.Min <= 0 {
		t.Errorf("%+v", r.Rows)
	}
	for _, text := range []string{"./datapath/sar: measuring", "Speed ..\n", "segment and reassemble"} {
		if !strings.Contains(stderr.String(), text) {
			t.Errorf("progress %q, want %q in it", stderr.String(), text)
		}
	}
	if !strings.Contains(stdout.String(), "| segment and reassemble") {
		t.Errorf("%s", &stdout)
	}
	for _, path := range []string{filepath.Join(dir, "profiles", "sar.prof"), filepath.Join(dir, "results", "result.md"), filepath.Join(dir, "results", "result.log")} {
		if st, err := os.Stat(path); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
}
