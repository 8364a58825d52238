package q2931_test

import (
	_ "embed"
	"os"
	"testing"

	"callmanager/signalling/fsm/fsmtest"
	"callmanager/signalling/q2931"
)

//go:embed testdata/unfired.txt
var unfired string

// TestMain wants every cell of the tables fired by the tests of this package, but for those of the
// list.
func TestMain(m *testing.M) {
	os.Exit(fsmtest.Run(m, os.Stderr, unfired, q2931.Tables()))
}
