package atmtcp

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"

	"callmanager/datapath"
	"callmanager/datapath/carrier"
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
	carrier.EngineSide

	cfg   Config
	link  *carrier.Link
	count counters
	turn  sync.Mutex // Held for the connection that is served.

	mu      sync.Mutex
	present *conn // The connection that is served, or about to be.
}

var _ datapath.Transport = (*Transport)(nil)

// New makes a transport that does nothing yet. It is an error if the configuration names not exactly
// one address.
func New(cfg Config) (*Transport, error) {
	if (cfg.Listen == "") == (cfg.Connect == "") {
		return nil, errors.New("atmtcp: want an address to listen on or one to connect to")
	}
	t := &Transport{cfg: cfg}
	reason, run := "connecting to "+cfg.Connect, t.runConnector
	if cfg.Listen != "" {
		reason, run = "nobody has connected to "+cfg.Listen, t.runListener
	}
	t.link = carrier.New(carrier.Config{Name: "atmtcp", MaxSDU: MaxSDU, Reason: reason, Encode: encode, Run: run})
	t.EngineSide = t.link.EngineSide()
	if t.cfg.dial == nil {
		t.cfg.dial = t.dialTCP
	}
	if t.cfg.listen == nil {
		t.cfg.listen = t.listenTCP
	}
	return t, nil
}

// closeWith closes something when the transport is closed, unless it is done before.
func (t *Transport) closeWith(c io.Closer, done <-chan struct{}) {
	select {
	case <-t.link.Context().Done():
		_ = c.Close()
	case <-done:
	}
}
