package atmtcp

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"callmanager/datapath"
	"callmanager/nicio"
	"callmanager/vc"
)

const (
	// dataInbox and dataOutbox are what the buffers of the data port hold in octets, and controlBox
	// each of the control port.
	dataInbox  = 4 << 20
	dataOutbox = 256 << 10
	controlBox = 1 << 20
)

// Config says where the peer is. Either Listen or Connect is set.
type Config struct {
	// Listen is the address to listen on, host and port, a name of the service included.
	Listen string
	// Connect is the address of a peer that listens.
	Connect string
	// Peers are those who may connect to Listen; anybody if there are none.
	Peers []netip.Prefix

	// dial and listen stand in for TCP in tests.
	dial   func(context.Context) (net.Conn, error)
	listen func(context.Context) (net.Listener, error)
}

// A Transport is a link over atmtcp. It implements [datapath.Transport].
type Transport struct {
	cfg           Config
	data, control *port
	outgoing      chan struct{} // Holds a token when an outbox may have something.

	stop    context.Context //nolint:containedctx // ends the transport's goroutines, none of which is a request
	cancel  context.CancelFunc
	running sync.WaitGroup
	count   counters
	turn    sync.Mutex // Held for the connection that is served.

	mu      sync.Mutex
	started bool
	closed  bool
	changed func()
	up      bool
	reason  string
	present *conn // The connection that is served, or about to be.
}

var _ datapath.Transport = (*Transport)(nil)

// New makes a transport that does nothing yet. It is an error if the configuration names not exactly
// one address.
func New(cfg Config) (*Transport, error) {
	if (cfg.Listen == "") == (cfg.Connect == "") {
		return nil, errors.New("atmtcp: want an address to listen on or one to connect to")
	}
	t := &Transport{cfg: cfg, outgoing: make(chan struct{}, 1)}
	kick := func() { token(t.outgoing) }
	t.data = newPort("data", dataInbox, dataOutbox, kick)
	t.control = newPort("control", controlBox, controlBox, kick)
	t.stop, t.cancel = context.WithCancel(context.Background())
	t.reason = "connecting to " + cfg.Connect
	if cfg.Listen != "" {
		t.reason = "nobody has connected to " + cfg.Listen
	}
	if t.cfg.dial == nil {
		t.cfg.dial = t.dialTCP
	}
	if t.cfg.listen == nil {
		t.cfg.listen = t.listenTCP
	}
	return t, nil
}

// Data implements [datapath.Transport].
func (t *Transport) Data() nicio.Port { return t.data }

// Control implements [datapath.Transport].
func (t *Transport) Control() nicio.Port { return t.control }

// Start implements [datapath.Transport].
func (t *Transport) Start(changed func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.started || t.closed {
		return
	}
	t.started, t.changed = true, changed
	if t.cfg.Listen != "" {
		t.running.Go(t.runListener)
		return
	}
	t.running.Go(t.runConnector)
}

// Status implements [datapath.Transport].
func (t *Transport) Status() vc.LinkStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	return vc.LinkStatus{Up: t.up, Reason: t.reason, MaxSDU: MaxSDU}
}

// tell changes the status.
func (t *Transport) tell(up bool, reason string) {
	t.mu.Lock()
	t.up, t.reason = up, reason
	changed := t.changed
	t.mu.Unlock()
	changed()
}

// Close implements [datapath.Transport].
func (t *Transport) Close() error {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.cancel()
	err := errors.Join(t.data.Close(), t.control.Close())
	t.running.Wait()
	return err
}

// closeWith closes something when the transport is closed, unless it is done before.
func (t *Transport) closeWith(c io.Closer, done <-chan struct{}) {
	select {
	case <-t.stop.Done():
		_ = c.Close()
	case <-done:
	}
}

// pause waits for a time. It reports false when the transport was closed first.
func (t *Transport) pause(d time.Duration) bool {
	timer := newTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-t.stop.Done():
		return false
	}
}
