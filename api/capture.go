package api

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"callmanager/api/cmdpb"
	"callmanager/vc"
	"callmanager/vc/tap"
)

const (
	// maxSnap is the most of a packet that a message has room for, in octets.
	maxSnap = 65000
	// stateLinks is how many links a CaptureState tells of.
	stateLinks = 256
	// stateInterval lies between two states in a capture that loses packets.
	stateInterval = time.Second
)

// capture is a client's capture under way.
type capture struct {
	*tap.Capture
	running sync.WaitGroup
}

// setCapture answers Capture. A second start replaces the first.
func (c *conn) setCapture(request uint64, op *cmdpb.Capture) {
	if !c.permitted(request, "capturing needs") {
		return
	}
	c.stopCapture()
	if !op.GetOn() {
		c.reply(&cmdpb.Reply{Request: request})
		return
	}
	if c.server.tap == nil {
		c.reply(&cmdpb.Reply{Request: request, Status: cmdpb.Status_NOT_SUPPORTED, Detail: "this daemon captures nothing"})
		return
	}
	f, err := c.server.captureFilter(op)
	if err != nil {
		c.bad(request, cmdpb.Status_INVALID_DATA, err.Error())
		return
	}
	t, err := c.server.tap.Start(f)
	if err != nil {
		c.reply(&cmdpb.Reply{Request: request, Status: cmdpb.Status_RESOURCES, Detail: err.Error()})
		return
	}
	c.reply(&cmdpb.Reply{Request: request})
	c.capture = &capture{Capture: t}
	c.capture.running.Go(func() { c.runCapture(t) })
}

// captureFilter translates what a client wants.
func (s *Server) captureFilter(op *cmdpb.Capture) (tap.Filter, error) {
	f := tap.Filter{NoControl: op.GetNoControl(), NoData: op.GetNoData(), SnapLen: maxSnap}
	if n := op.GetSnaplen(); n > 0 {
		f.SnapLen = int(min(n, maxSnap))
	}
	if f.NoControl && f.NoData {
		return f, errors.New("a capture of neither control nor data holds nothing")
	}
	links := s.tap.Links()
	for _, name := range op.GetLinks() {
		i := slices.IndexFunc(links, func(l tap.Link) bool { return l.Name == name })
		if i < 0 {
			return f, fmt.Errorf("there is no link %q", name)
		}
		f.Links = append(f.Links, links[i].ID)
	}
	for _, ch := range op.GetChannels() {
		if ch.GetVpi() > uint32(vc.MaxVPI) || ch.GetVci() > maxVCI {
			return f, errors.New("a channel has a VPI of 0 to 14 and a VCI of 0 to 65535")
		}
		f.Channels = append(f.Channels, tap.Channel{VPI: vc.VPI(ch.GetVpi()), VCI: vc.VCI(ch.GetVci())})
	}
	return f, nil
}

// maxVCI is the highest channel identifier.
const maxVCI = 65535

// stopCapture ends the capture, if there is one, and waits until everything is queued. Only the reader
// calls it.
func (c *conn) stopCapture() {
	if c.capture != nil {
		c.capture.Stop()
		c.capture.running.Wait()
		c.capture = nil
	}
}

// runCapture sends the packets of a capture. It keeps the queue to the client short, so that a slow one
// loses packets and not its connection; they are counted where they do not fit.
func (c *conn) runCapture(t *tap.Capture) {
	c.sendCaptureState(t, false)
	var told uint64
	var next int64
	for {
		packets, ok := t.Next(c.ctx)
		if !ok {
			break
		}
		c.sendPackets(packets)
		if last := packets[len(packets)-1].Time; last >= next {
			if n := dropped(t.Stats()); n != told {
				told = n
				c.sendCaptureState(t, false)
			}
			next = last + int64(stateInterval)
		}
	}
	t.Stop()
	c.sendCaptureState(t, true)
}

// dropped sums what did not fit.
func dropped(stats []tap.LinkStats) (n uint64) {
	for _, s := range stats {
		n += s.Dropped
	}
	return n
}

// sendPackets sends packets, as many in a message as there is room for. It waits for room in the
// queue.
func (c *conn) sendPackets(packets []tap.Packet) {
	const field = 4 // the tag and the length of an element
	batch, size := &cmdpb.CapturePackets{}, 0
	flush := func() {
		if len(batch.GetPackets()) > 0 && c.out.awaitRoom() {
			c.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CapturePackets{CapturePackets: batch}}, nil)
		}
		batch, size = &cmdpb.CapturePackets{}, 0
	}
	for i := range packets {
		p := encodePacket(&packets[i])
		n := proto.Size(p) + field
		if size+n > pageOctets {
			flush()
		}
		batch.Packets = append(batch.Packets, p)
		size += n
	}
	flush()
}

// encodePacket translates a packet.
func encodePacket(p *tap.Packet) *cmdpb.CapturedPacket {
	return &cmdpb.CapturedPacket{
		TimeNs: uint64(p.Time), Link: uint32(p.ID.Link), Sent: p.Sent, Control: p.Control, Vpi: uint32(p.ID.VPI),
		Vci: uint32(p.ID.VCI), Length: uint32(p.Length), Octets: p.Octets,
	}
}

// sendCaptureState tells of the links.
func (c *conn) sendCaptureState(t *tap.Capture, ended bool) {
	stats := t.Stats()
	for {
		part := stats[:min(len(stats), stateLinks)]
		stats = stats[len(part):]
		s := &cmdpb.CaptureState{Ended: ended, More: len(stats) > 0}
		for _, l := range part {
			s.Links = append(s.Links, &cmdpb.CaptureLink{
				Id: uint32(l.Link.ID), Name: l.Link.Name, Interface: l.Link.Interface, Captured: l.Captured, Dropped: l.Dropped,
			})
		}
		if c.out.awaitRoom() {
			c.send(&cmdpb.ServerMessage{Body: &cmdpb.ServerMessage_CaptureState{CaptureState: s}}, nil)
		}
		if len(stats) == 0 {
			return
		}
	}
}
