package signalling

import (
	"time"

	"callmanager/signalling/cm"
	"callmanager/signalling/primitive"
	"callmanager/signalling/uni"
	"callmanager/vc"
)

// Clock is the clock of a link for its test.
type Clock struct{ c *clock }

// NewClock makes one.
func NewClock(ring func()) Clock { return Clock{newClock(ring)} }

// Start starts a timer in an input of its own.
func (c Clock) Start(n uni.TimerName, after time.Duration) {
	c.c.tick()
	c.c.start(uni.TimerID{Name: n}, after, 1)
}

// StartOfCall starts a timer of a call.
func (c Clock) StartOfCall(n uni.TimerName, call primitive.CallID) {
	c.c.tick()
	c.c.start(uni.TimerID{Name: n, Call: call}, time.Hour, 1)
}

// StopOfCall stops one.
func (c Clock) StopOfCall(n uni.TimerName, call primitive.CallID) {
	c.c.stop(uni.TimerID{Name: n, Call: call})
}

// OfCalls counts the timers of calls.
func (c Clock) OfCalls() int { return c.c.ofCalls() }

// Stop stops one.
func (c Clock) Stop(n uni.TimerName) { c.c.stop(uni.TimerID{Name: n}) }

// Due takes the timers that are due, as the end of a turn does.
func (c Clock) Due() (names []uni.TimerName) {
	c.c.tick()
	for t, due := c.c.next(); due; t, due = c.c.next() {
		names = append(names, t.id.Name)
	}
	return names
}

// What bounds a client, and a turn.
const (
	SubmitWindow = submitWindow
	TurnInputs   = turnInputs
)

// Post has the goroutine of a manager call f.
func Post(m *Manager, f func()) { m.post(f) }

// Inbox is the manager's input for its test.
type Inbox struct {
	b      *inbox
	queues []queue
	got    []managerInput
}

// NewInbox makes one for so many clients.
func NewInbox(clients int) *Inbox { return &Inbox{b: newInbox(), queues: make([]queue, clients)} }

// InboxInput is an input by its number, and whose it is; that of the daemon has no client and is -1.
type InboxInput struct{ Client, N int }

// Post queues an input of the daemon, Ask one of a client.
func (i *Inbox) Post(n int) { i.b.post(managerInput{client: 1, link: vc.LinkID(n)}) }

// Ask queues an input of a client.
func (i *Inbox) Ask(client, n int) {
	i.b.ask(&i.queues[client], managerInput{client: cm.ClientID(client + 2), link: vc.LinkID(n)})
}

// Take returns what is served in a turn.
func (i *Inbox) Take() (out []InboxInput) {
	i.got, _ = i.b.take(i.got)
	for _, in := range i.got {
		out = append(out, InboxInput{int(in.client) - 2, int(in.link)})
	}
	return out
}

// Woken reports whether the goroutine would be awake.
func (i *Inbox) Woken() bool { return len(i.b.wake) > 0 && func() bool { <-i.b.wake; return true }() }
