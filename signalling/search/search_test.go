package search_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"callmanager/signalling/search"
)

// hops is a system given by a list of its steps.
type hops map[string][]search.Step

func (h hops) Next(state string, yield func(search.Step)) {
	for _, s := range h[state] {
		yield(s)
	}
}

func (hops) Describe(state string) string { return "at " + state }

func quiet(to string) search.Step {
	return search.Step{Label: func() string { return "to " + to }, To: to, Calm: true}
}

func rough(to string) search.Step {
	return search.Step{Label: func() string { return "thrown to " + to }, To: to}
}

// lake has a shore that calm steps lead to, and a whirl that only a storm leads out of.
var lake = hops{
	"start": {quiet("open"), rough("whirl")},
	"open":  {quiet("shore"), quiet("start")},
	"shore": {quiet("shore")},
	"whirl": {quiet("whirl2"), rough("shore")},
	"whirl2": {
		quiet("whirl"),
	},
}

func TestStuck(t *testing.T) {
	g, err := search.Explore(lake, 10, "start")
	if err != nil {
		t.Fatal(err)
	}
	if g.States() != 5 || g.Steps() != 8 {
		t.Errorf("%d states, %d steps", g.States(), g.Steps())
	}
	if g.Depth() != 2 {
		t.Errorf("depth %d", g.Depth())
	}
	goal := func(s string) bool { return s == "shore" }
	if got, want := g.Stuck(goal), []string{"whirl", "whirl2"}; !slices.Equal(got, want) {
		t.Errorf("stuck are %q, want %q", got, want)
	}
	if got, want := g.Trace("whirl2"), "thrown to whirl\nto whirl2\nat whirl2"; got != want {
		t.Errorf("trace %q, want %q", got, want)
	}
	if got := g.Trace("heaven"); got != "no such state" {
		t.Errorf("trace %q", got)
	}
	var order []string
	g.Each(func(s string) { order = append(order, s) })
	if want := []string{"start", "open", "whirl", "shore", "whirl2"}; !slices.Equal(order, want) {
		t.Errorf("order %q, want %q", order, want)
	}
}

// counter counts up, and breaks what is to hold at four.
type counter struct{}

func (counter) Next(state string, yield func(search.Step)) {
	var n int
	if _, err := fmt.Sscan(state, &n); err != nil {
		panic(err)
	}
	s := quiet(fmt.Sprint(n + 1))
	if n == 3 {
		s.Fault = "four is too many"
	}
	yield(s)
}

func (counter) Describe(state string) string { return state }

func TestFault(t *testing.T) {
	_, err := search.Explore(counter{}, 100, "1")
	fault, ok := errors.AsType[*search.FaultError](err)
	if !ok || fault.Fault != "four is too many" || !slices.Equal(fault.Trace, []string{"to 2", "to 3", "to 4"}) {
		t.Errorf("error %v", err)
	}
}

func TestLimit(t *testing.T) {
	_, err := search.Explore(counter{}, 2, "1")
	if limit, ok := errors.AsType[*search.LimitError](err); !ok || limit.Limit != 2 {
		t.Errorf("error %v", err)
	}
}
