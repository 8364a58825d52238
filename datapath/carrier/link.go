package carrier

import (
	"context"
	"errors"
	"sync"
	"time"

	"callmanager/vc"
)

// What the boxes of the two ports hold in octets, ControlBox each of the control port.
const (
	DataInbox  = 4 << 20
	DataOutbox = 256 << 10
	ControlBox = 1 << 20
)

// Config says what a link is carried by.
type Config struct {
	// Name stands in front of the ports' errors.
	Name string
	// MaxSDU is the largest SDU of the link in octets.
	MaxSDU uint16
	// UserBits are those of the user-to-user octet that Encode and Deliver carry.
	UserBits uint8
	// Reason says why the link is down at first.
	Reason string
	// Encode makes what the peer gets of a frame.
	Encode Encoder
	// Run finds the peer and moves what the ports have until the link's context ends. It has a goroutine.
	Run func()
}

// A Link is the side of a link of the goroutines that carry it.
type Link struct {
	Data, Control *Port
	// Outgoing happens when an outbox may have something.
	Outgoing Event

	cfg     Config
	stop    context.Context //nolint:containedctx // ends the link's goroutines, none of which is a request
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	started bool
	closed  bool
	changed func()
	up      bool
	reason  string
}

// New makes a link that does nothing until its engine's side is started.
func New(cfg Config) *Link {
	l := &Link{cfg: cfg, Outgoing: newEvent(), reason: cfg.Reason}
	l.Data = newPort(cfg.Name+": data", DataInbox, DataOutbox, cfg.Encode, l.Outgoing)
	l.Control = newPort(cfg.Name+": control", ControlBox, ControlBox, cfg.Encode, l.Outgoing)
	l.stop, l.cancel = context.WithCancel(context.Background())
	return l
}

// Context ends when the link is closed.
func (l *Link) Context() context.Context { return l.stop }

// Go runs f on a goroutine that closing waits for. Only such a goroutine may call it.
func (l *Link) Go(f func()) { l.running.Go(f) }

// Up says that the peer is there: frames for it are taken from now on.
func (l *Link) Up() {
	l.Data.Out.start()
	l.Control.Out.start()
	l.tell(true, "")
}

// Drop ends the taking of frames, once nobody sends them any more. It returns how many pieces were not
// sent.
func (l *Link) Drop() (pieces int) { return l.Data.Out.stop() + l.Control.Out.stop() }

// Down says why there is no peer.
func (l *Link) Down(reason string) { l.tell(false, reason) }

// tell changes the status.
func (l *Link) tell(up bool, reason string) {
	l.mu.Lock()
	l.up, l.reason = up, reason
	changed := l.changed
	l.mu.Unlock()
	changed()
}

// Pause waits for a time. It reports false when the link was closed first.
func (l *Link) Pause(d time.Duration) bool {
	timer := newTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.stop.Done():
		return false
	}
}

// start, status and close are for the engine's side.

func (l *Link) start(changed func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.started || l.closed {
		return
	}
	l.started, l.changed = true, changed
	l.running.Go(l.cfg.Run)
}

func (l *Link) status() vc.LinkStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	return vc.LinkStatus{Up: l.up, Reason: l.reason, MaxSDU: l.cfg.MaxSDU, Framing: vc.BareCells()}
}

func (l *Link) close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.cancel()
	err := errors.Join(l.Data.Close(), l.Control.Close())
	l.running.Wait()
	return err
}
