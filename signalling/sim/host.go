package sim

import (
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"callmanager/signalling"
	"callmanager/signalling/cm"
	"callmanager/vc"
)

// Link is the identifier of the one link of a [Host].
const Link vc.LinkID = 1

// Options change what a [Host] is made of.
type Options struct {
	// Log takes the manager's log; nil logs nothing.
	Log *zap.Logger
	// Drain is what a drain lasts.
	Drain time.Duration
	// Capacity is the link's, in wire bits a second; zero means 1 Gbit/s.
	Capacity vc.BitRate
	// Limits bound the clients.
	Limits cm.Limits
	// Store keeps VT(SQ); nil keeps nothing.
	Store signalling.SQStore
}

// Host is a call manager with one link, on a plane and a wire of this package.
type Host struct {
	*signalling.Manager
	Plane *Plane
	MAC   vc.MAC

	end *End
}

// NewHost makes a host and joins it to a wire. Start sets it to work.
func NewHost(name string, mac, peer vc.MAC, end *End, o Options) (*Host, error) {
	if o.Capacity == 0 {
		o.Capacity = 1e9
	}
	h := &Host{Plane: NewPlane(o.Drain), MAC: mac, end: end}
	m, err := signalling.New(signalling.Config{
		Log: o.Log, Plane: h.Plane, Version: "sim", Limits: o.Limits, SQStore: o.Store,
		Hosts: map[string]vc.Addr{"peer": vc.AddrFromMAC(peer)},
		Links: []signalling.LinkConfig{{
			ID: Link, Name: name, Interface: name + "0", Peer: peer, Mode: "frame", Capacity: o.Capacity, Channel: end,
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("sim: host %s: %w", name, err)
	}
	h.Manager = m
	end.OnReceive(func(sdu []byte) { m.Receive(Link, sdu) })
	return h, nil
}

// Start starts the manager with its port up.
func (h *Host) Start() {
	h.Manager.Start()
	h.SetPort(true)
}

// SetPort takes the port up or down.
func (h *Host) SetPort(up bool) {
	s := vc.LinkStatus{Up: up, MAC: h.MAC, MaxSDU: 1492, Speed: 1e9}
	if !up {
		s.Reason = "no carrier"
	}
	h.LinkStatus(Link, s)
}

// Crash stops the host at once, as the end of its process would: nothing more
// is sent or received.
func (h *Host) Crash() error {
	h.end.OnReceive(nil)
	return h.Close()
}

// Client is a client that keeps what it is told.
type Client struct {
	ID cm.ClientID
	h  *Host
	// serve is called with each event; the event is kept all the same.
	serve func(c *Client, ev cm.Event)

	mu     sync.Mutex
	number uint64
	events []cm.Event
}

// NewClient attaches a client with an open address family. serve may be nil;
// it is called with each event from the manager's goroutine, so it may not use
// the client but through [Client.Go].
func (h *Host) NewClient(name string, serve func(c *Client, ev cm.Event)) *Client {
	return h.NewClientOf(0, name, serve)
}

// NewClientOf is NewClient for one that speaks a minor version of the protocol.
func (h *Host) NewClientOf(minor uint32, name string, serve func(c *Client, ev cm.Event)) *Client {
	c := &Client{h: h, serve: serve}
	c.ID = h.Attach(cm.Credentials{PID: 1, Admin: true}, c)
	c.Do(cm.OpenAF{Request: c.Number(), Major: cm.MajorVersion, Minor: minor, Name: name})
	return c
}

// Number returns the number for the next request.
func (c *Client) Number() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.number++
	return c.number
}

// Do submits a request.
func (c *Client) Do(r cm.Request) { c.h.Submit(c.ID, r) }

// Go submits a request from another goroutine, for use while an event is being
// served.
func (c *Client) Go(r cm.Request) { go c.h.Submit(c.ID, r) }

// Kill detaches the client.
func (c *Client) Kill() { c.h.Detach(c.ID) }

// Deliver implements signalling.Sink. The descriptors are closed.
func (c *Client) Deliver(ev cm.Event, ports *vc.Ports) {
	if ports != nil {
		_ = ports.Close() // the null device's; nothing can be lost
	}
	c.mu.Lock()
	c.events = append(c.events, ev)
	c.mu.Unlock()
	if c.serve != nil {
		c.serve(c, ev)
	}
}

// Events returns what the client has been told and forgets it.
func (c *Client) Events() []cm.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	events := c.events
	c.events = nil
	return events
}
