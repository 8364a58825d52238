package e2e_test

import (
	"fmt"
	"maps"
	"testing"

	"callmanager/lab"
)

// invariant is one of the model's section 4, as a client sees it.
type invariant struct {
	number int
	text   string
	test   func(d *duo)
}

// unseen are the invariants that no client of a daemon can observe, and why.
var unseen = map[int]string{
	6:  "the handler that an incoming CreateVc calls in the client is the offer itself: there is no status of it to return",
	20: "the parameters travel in a message: no buffer is shared that one of the two could change or free",
	54: "a duty of the client's; the daemon serves one change at a time, which the test of INV-44 shows",
	62: "a request travels in a message: its buffer is the client's own at any time",
}

// lastInvariant is the number of the last one.
const lastInvariant = 63

// TestInvariants observes each invariant of the model at the sockets of two daemons, which hold no more after it
// than before.
func TestInvariants(t *testing.T) {
	t.Parallel()
	all := [][]invariant{vcInvariants, afInvariants, callInvariants, partyInvariants, activeInvariants, closeInvariants}
	seen := maps.Clone(unseen)
	for _, list := range all {
		for _, inv := range list {
			if seen[inv.number] != "" {
				t.Errorf("INV-%d stands twice: %q and %q", inv.number, seen[inv.number], inv.text)
			}
			seen[inv.number] = inv.text
		}
	}
	for n := 1; n <= lastInvariant; n++ {
		if seen[n] == "" {
			t.Errorf("INV-%d is neither tested nor excused", n)
		}
	}
	if len(seen) != lastInvariant {
		t.Errorf("%d invariants, want %d", len(seen), lastInvariant)
	}
	alice, bob := pair(t, lab.Config{})
	for _, list := range all {
		for _, inv := range list {
			t.Run(fmt.Sprintf("INV-%d %s", inv.number, inv.text), func(t *testing.T) {
				check := residue(t, alice, bob)
				d := newDuo(t, alice, bob)
				inv.test(d)
				d.leave()
				check()
			})
		}
	}
}
