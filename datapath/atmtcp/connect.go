package atmtcp

import (
	"context"
	"fmt"
	"net"
	"time"
)

// dialTimeout bounds one attempt to connect.
const dialTimeout = 10 * time.Second

// runConnector connects until the transport is closed.
func (t *Transport) runConnector() {
	var pauses backoff
	for t.link.Context().Err() == nil {
		wire, err := t.cfg.dial(t.link.Context())
		what := "cannot connect to " + t.cfg.Connect
		if err == nil {
			c := newConn(t, wire)
			err = c.serve()
			what = "the connection to " + t.cfg.Connect + " has ended"
			if c.spoke {
				pauses.reset()
			}
		} else {
			t.count.failures.Add(1)
			err = plain(err)
		}
		pause := pauses.next()
		t.link.Down(fmt.Sprintf("%s: %v; next attempt after %v", what, err, pause))
		if !t.link.Pause(pause) {
			return
		}
	}
}

func (t *Transport) dialTCP(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: dialTimeout}
	return d.DialContext(ctx, "tcp", t.cfg.Connect)
}
