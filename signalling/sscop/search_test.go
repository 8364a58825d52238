package sscop_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"callmanager/signalling/search"
	"callmanager/signalling/sscop"
)

var whole = flag.Bool("whole", false, "search as far as a minute or two allows")

// maxSearched bounds the memory of a search.
const maxSearched = 12_000_000

// TestSearch visits every state that two entities can come to. In each, whatever the other end, the
// clock, the users and one loss have done:
//
//   - no event comes that the table calls impossible, and no valid request is refused;
//   - data come in order, once and without a gap within a connection, and what is acknowledged has
//     been delivered, unless an end has taken an old PDU for a new one (see mistakes);
//   - once the two are left alone they can come to agree, both idle or both ready with nothing
//     outstanding, and they never come to where they cannot any more.
func TestSearch(t *testing.T) {
	tours := []bounds{{window: 2, sds: 2, losses: 1, requests: 3, depth: 2}}
	switch {
	case *whole:
		tours = []bounds{
			{window: 2, sds: 2, losses: 1, requests: 3, depth: 3},
			{window: 2, sds: 2, losses: 1, requests: 2, depth: 4},
			{window: 1, sds: 2, losses: 1, requests: 2, depth: 3}, // the second SD waits for credit
			{window: 2, sds: 4, losses: 1, requests: 1, depth: 3},
		}
	case testing.Short() || raceEnabled:
		tours = []bounds{{window: 2, sds: 2, losses: 1, requests: 2, depth: 2}}
	}
	for _, b := range tours {
		t.Run(strings.ReplaceAll(b.String(), " ", "_"), func(t *testing.T) { tour(t, b) })
	}
}

func tour(t *testing.T, b bounds) {
	t.Helper()
	p, begun := newEntities(b), time.Now()
	g, err := search.Explore(p, maxSearched, p.initial())
	if err != nil {
		t.Fatal(err)
	}
	if stuck := g.Stuck(agree); len(stuck) > 0 {
		t.Errorf("%d of %d states are stuck, the nearest:\n%s", len(stuck), g.States(), g.Trace(stuck[0]))
	}
	mistaken := 0
	reached := make(map[sscop.State]bool)
	g.Each(func(s string) {
		w := decodeWorld(s)
		reached[w.images[0].State] = true
		mistaken += int(bit(w.mistaken))
	})
	if b.requests > 1 && len(reached) != 10 {
		t.Errorf("only %d SSCOP states are reached: %v", len(reached), reached)
	}
	t.Logf("%d states, %d steps, depth %d, %d states after a mistake of identity, %v", g.States(), g.Steps(), g.Depth(), mistaken,
		time.Since(begun).Round(time.Millisecond))
}

// TestSearchSeesMistakes: without the exemption for old PDUs the search finds that SSCOP loses data
// by them, so it looks, and the exemption is needed.
func TestSearchSeesMistakes(t *testing.T) {
	p := newEntities(bounds{window: 2, sds: 2, losses: 1, requests: 1, depth: 3, strict: true})
	_, err := search.Explore(p, maxSearched, p.initial())
	fault, ok := errors.AsType[*search.FaultError](err)
	if !ok {
		t.Fatalf("error %v", err)
	}
	t.Log(fault)
}

// TestSearchSeesStuck: entities without timers do not recover from a loss, and the search says so.
func TestSearchSeesStuck(t *testing.T) {
	p := newEntities(bounds{window: 2, sds: 1, losses: 1, requests: 1, depth: 2, timeless: true})
	g, err := search.Explore(p, maxSearched, p.initial())
	if err != nil {
		t.Fatal(err)
	}
	stuck := g.Stuck(agree)
	if len(stuck) == 0 {
		t.Fatal("nothing is stuck")
	}
	if trace := g.Trace(stuck[0]); !strings.Contains(trace, "is lost") {
		t.Errorf("the way there is %s", trace)
	}
}

// TestImageTwin: what an image leaves out does not matter, and what the encoding renames does not
// either. On random ways a pair that is written down and read back at each step asks for the same as
// one that lives on.
func TestImageTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2110))
	for range 300 {
		p := newEntities(bounds{window: 2, sds: 4, losses: 3, requests: 6, depth: 4})
		state := p.initial()
		p.twin = newTwin(p.cfg)
		var way []string
		for range 150 {
			n := 0
			count := *p
			count.twin = nil
			count.Next(state, func(search.Step) { n++ })
			if n == 0 {
				break
			}
			s := p.take(state, rng.IntN(n))
			way = append(way, s.Label())
			if s.Fault != "" {
				t.Fatalf("%s\n%s", s.Fault, strings.Join(way, "\n"))
			}
			state = s.To
		}
	}
}

// take makes the step numbered n together with the twin.
func (p *entities) take(state string, n int) (taken search.Step) {
	twin := p.twin
	defer func() { p.twin = twin }()
	at := 0
	p.twin = nil
	if n == 0 {
		p.twin = twin
	}
	p.Next(state, func(s search.Step) {
		if at == n {
			taken = s
		}
		at++
		p.twin = nil
		if at == n {
			p.twin = twin
		}
	})
	return taken
}

// TestImageFields names every field of a connection: who adds one decides whether its future depends
// on it, and so whether an Image must hold it.
func TestImageFields(t *testing.T) {
	in := []string{
		"state", "vtS", "vtPS", "vtA", "vtPA", "vtMS", "vtPD", "vtCC", "vtSQ", "vrR", "vrH", "vrMR", "vrSQ", "vrSQKnown",
		"credit", "tx", "rx", "timers",
	}
	out := []string{"cfg", "lim", "uu", "uuAck", "in", "list", "out", "next", "arena", "stats"}
	for f := range reflect.TypeFor[sscop.Conn]().Fields() {
		if !slices.Contains(in, f.Name) && !slices.Contains(out, f.Name) {
			t.Errorf("Image does not know the field %s", f.Name)
		}
	}
}
