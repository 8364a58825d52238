package gcra_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestHotFunctionsAreInlined compiles the package and fails if what a worker calls for each SDU has become too large
// for the compiler to put in place.
func TestHotFunctionsAreInlined(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	out, err := exec.CommandContext(t.Context(), goTool, "build", "-gcflags=-m=1", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	can := make(map[string]bool)
	for line := range strings.Lines(string(out)) {
		if _, name, ok := strings.Cut(line, ": can inline "); ok {
			can[strings.TrimSpace(name)] = true
		}
	}
	for _, name := range []string{
		"(*Bucket).leak", "(*Bucket).open", "(*Bucket).Conforms", "(*Bucket).Fill", "(*Bucket).Ready",
		"(*Pace).Charge", "(*Pace).Land", "(*Pace).Refund",
		"(*Shared).Limited", "(*Shared).Conforms", "(*Shared).Ready", "(*lineRate).of", "(*lineRate).ahead",
	} {
		if !can[name] {
			t.Errorf("%s is not inlined", name)
		}
	}
}
