package client

import (
	"context"

	"callmanager/api/cmdpb"
)

// CaptureSink takes what a capture brings. Its functions run in the connection's reader, one at a time:
// they must not call methods of the connection. While one of them has not returned nothing is read from
// the daemon, which then loses packets and counts them. Nil functions are not called.
type CaptureSink struct {
	// Packets takes packets in the order of their times.
	Packets func([]*cmdpb.CapturedPacket)
	// State takes the links' names before the first packet, now and then what was dropped, and at the
	// end the final counts.
	State func(*cmdpb.CaptureState)
}

// Capture starts a capture of what passes through the daemon's links, and gives it to a sink until the
// connection ends or StopCapture is called. It replaces an earlier capture. It needs root or the group
// cmd-admin. Whether it is on is this method's to say: On of op is not looked at.
func (c *Conn) Capture(ctx context.Context, op *cmdpb.Capture, s CaptureSink) error {
	return c.capture(ctx, &cmdpb.Capture{
		On: true, Links: op.GetLinks(), Channels: op.GetChannels(), NoControl: op.GetNoControl(), NoData: op.GetNoData(),
		Snaplen: op.GetSnaplen(),
	}, s)
}

// StopCapture ends a capture. When it returns nil the sink has got everything that was captured and the
// final counts.
func (c *Conn) StopCapture(ctx context.Context) error {
	return c.capture(ctx, &cmdpb.Capture{}, CaptureSink{})
}

// capture switches the capture. What takes the packets changes with the daemon's answer.
func (c *Conn) capture(ctx context.Context, op *cmdpb.Capture, s CaptureSink) error {
	m := &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_Capture{Capture: op}}
	return c.askThen(ctx, "Capture", m, func() { c.capturer = s })
}
