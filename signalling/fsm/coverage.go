package fsm

import (
	"fmt"
	"sync/atomic"
)

// Cover lets the table note from now on which cells fire. It is for tests, before any machine runs:
// a table that is not covered costs its machines one comparison with nil.
func (t *Table[S, E, A]) Cover() {
	t.fired = make([]atomic.Bool, len(t.cells))
}

// Coverage tells of each cell, named by its state and its event, whether it has fired since Cover.
func (t *Table[S, E, A]) Coverage() map[string]bool {
	all := make(map[string]bool, len(t.states)*len(t.events))
	for _, s := range t.states {
		for _, e := range t.events {
			all[fmt.Sprintf("%v, %v", s, e)] = t.fired != nil && t.fired[int(s)*t.width+int(e)].Load()
		}
	}
	return all
}
