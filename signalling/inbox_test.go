package signalling_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/signalling/sim"
	"callmanager/vc"
)

// TestInboxIsFair compares the order of service with what it is to be: of the daemon's own inputs none waits,
// each client's are in its order, none is lost or served twice, and while one waits at most one of each other
// client comes before it, those apart that were taken already.
func TestInboxIsFair(t *testing.T) {
	const clients = 5
	rapid.Check(t, func(t *rapid.T) {
		b := signalling.NewInbox(clients)
		type input struct{ client, n int }
		var posted, served [clients]int
		own, ownServed := 0, 0
		waits := map[input]map[int]int{} // for each that is the next of its client: how many of each other came meanwhile
		check := func(client, n int) {
			if n != served[client] {
				t.Fatalf("client %d: input %d comes, want %d", client, n, served[client])
			}
			served[client]++
			for of, count := range waits {
				if count[client]++; of.client != client && count[client] > 1 {
					t.Fatalf("%d inputs of client %d come before one of client %d", count[client], client, of.client)
				}
			}
			delete(waits, input{client, n})
			if next := n + 1; next < posted[client] {
				waits[input{client, next}] = map[int]int{}
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch who := rapid.IntRange(-2, clients-1).Draw(t, "who"); who {
			case -2:
				got := b.Take()
				for i, in := range got {
					if in.Client < 0 {
						if i != in.N-ownServed || in.N >= own {
							t.Fatalf("the daemon's input %d of %d comes as number %d, %d are served", in.N, own, i, ownServed)
						}
						continue
					}
					check(in.Client, in.N)
				}
				if ownServed = own; len(got) > own+signalling.TurnInputs {
					t.Fatalf("%d inputs in a turn", len(got))
				}
			case -1:
				b.Post(own)
				own++
			default:
				for range rapid.IntRange(1, 100).Draw(t, "many") {
					if posted[who] == served[who] {
						waits[input{who, posted[who]}] = map[int]int{}
					}
					b.Ask(who, posted[who])
					posted[who]++
				}
			}
		}
		for b.Woken() {
			for _, in := range b.Take() {
				if in.Client >= 0 {
					check(in.Client, in.N)
				}
			}
		}
		if posted != served {
			t.Fatalf("%v are posted, %v served", posted, served)
		}
	})
}

// recorder notes whose answers come in which order.
type recorder struct {
	name  string
	order chan<- string
}

func (r recorder) Deliver(ev cm.Event, _ *vc.Ports) {
	if _, ok := ev.(cm.Reply); ok {
		r.order <- r.name
	}
}

// TestFloodIsServedInTurn has three clients flood the manager while it is held up, and another ask three times.
// Between two of its answers comes one of each, whatever they ask.
func TestFloodIsServedInTurn(t *testing.T) {
	h := oneHost(t)
	hold, held := make(chan struct{}), make(chan struct{})
	signalling.Post(h.Manager, func() { close(held); <-hold })
	<-held
	const window, asked = signalling.SubmitWindow, 3
	floods := map[string]func(n uint64) cm.Request{
		"VCs":      func(n uint64) cm.Request { return cm.CreateVC{Request: n} },
		"refused":  func(n uint64) cm.Request { return cm.MakeCall{Request: n, Called: "nobody"} },
		"nonsense": func(n uint64) cm.Request { return cm.DeleteVC{Request: n, VC: vc.Handle(n)} },
	}
	order := make(chan string, len(floods)*(window+1)+asked+1)
	for name, request := range floods {
		id := h.Attach(cm.Credentials{}, recorder{name, order})
		h.Submit(id, cm.OpenAF{Request: 1, Major: cm.MajorVersion})
		for n := range uint64(window - 1) { // what waits is bounded: one more would block
			h.Submit(id, request(n+2))
		}
	}
	id := h.Attach(cm.Credentials{}, recorder{"asks", order})
	h.Submit(id, cm.OpenAF{Request: 1, Major: cm.MajorVersion})
	for n := range uint64(asked) {
		h.Submit(id, cm.CreateVC{Request: n + 2})
	}
	close(hold)
	got := make([]string, len(floods)*window+asked+1)
	for i := range got {
		got[i] = <-order
	}
	for turn := range asked + 1 {
		part := slices.Clone(got[turn*(len(floods)+1) : (turn+1)*(len(floods)+1)])
		slices.Sort(part)
		if want := []string{"VCs", "asks", "nonsense", "refused"}; !slices.Equal(part, want) {
			t.Fatalf("in turn %d come the answers of %q, want one of each; all: %q", turn, part, got)
		}
	}
}

// oneHost is a call manager whose link has no peer.
func oneHost(t *testing.T) *sim.Host {
	t.Helper()
	wire := sim.NewWire(0, 0, 1)
	h, err := sim.NewHost("a", vc.MAC{2, 0, 0, 0, 0, 1}, vc.MAC{2, 0, 0, 0, 0, 2}, wire.A(), sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.Start()
	t.Cleanup(func() { _ = h.Close() })
	return h
}
