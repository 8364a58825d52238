package cm_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callmanager/signalling/cm"
)

var update = flag.Bool("update", false, "write STATES.md anew")

// TestStates proves that STATES.md is the print of the tables.
func TestStates(t *testing.T) {
	want := cm.States()
	if *update {
		if err := os.WriteFile("STATES.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("STATES.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("STATES.md is stale, run go test -run TestStates -update (-want +file):\n%s", diff)
	}
}

// TestImpossible: what the tables call impossible is reported as a fault and changes nothing.
func TestImpossible(t *testing.T) {
	n, errs := cm.FireImpossible()
	if n == 0 {
		t.Error("no table has an impossible cell")
	}
	for _, err := range errs {
		t.Error(err)
	}
}
