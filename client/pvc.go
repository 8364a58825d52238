package client

import (
	"context"
	"errors"

	"callmanager/api/cmdpb"
)

// Channel names the channel of a PVC. Link is needed only where several links have such a one.
type Channel struct {
	Link string
	VPI  uint8
	VCI  uint16
}

// proto converts a channel for a request.
func (ch *Channel) proto() *cmdpb.ChannelID {
	return &cmdpb.ChannelID{Link: ch.Link, Vpi: uint32(ch.VPI), Vci: uint32(ch.VCI)}
}

// errNoPVCs says that the daemon is too old.
var errNoPVCs = errors.New("client: the daemon is older than PVCs")

// knowsPVCs returns an error if the daemon would take a PVC for something else.
func (c *Conn) knowsPVCs() error {
	if c.info.GetMinor() < cmdpb.PVCMinor {
		return errNoPVCs
	}
	return nil
}

// AddPVC adds a permanent VC until the daemon ends, and waits until its link has taken it. It needs
// root or the group cmd-admin. If the link has no room for it the error is an *[Error] with the
// cause. The config is not changed.
func (c *Conn) AddPVC(ctx context.Context, config *cmdpb.PVCConfig) error {
	return c.configure(ctx, "AddPVC", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_AddPvc{AddPvc: &cmdpb.AddPVC{Pvc: config}}})
}

// DeletePVC deletes a permanent VC, and waits until its channel is free: who uses it is told that the
// call has ended. It needs root or the group cmd-admin.
func (c *Conn) DeletePVC(ctx context.Context, ch Channel) error {
	return c.configure(ctx, "DeletePVC", &cmdpb.ClientMessage{Op: &cmdpb.ClientMessage_DeletePvc{DeletePvc: &cmdpb.DeletePVC{Channel: ch.proto()}}})
}

// configure asks for what PVCComplete completes.
func (c *Conn) configure(ctx context.Context, op string, m *cmdpb.ClientMessage) error {
	if err := c.knowsPVCs(); err != nil {
		return err
	}
	done, err := c.request(ctx, op, m, nil)
	if err != nil {
		return err
	}
	d := done.GetPvcComplete()
	return statusError(op, d.GetStatus(), d.GetCause(), d.GetDetail())
}

// PVCs returns all permanent VCs of the daemon in the order of their links and channels.
func (c *Conn) PVCs(ctx context.Context) ([]*cmdpb.PVC, error) {
	if err := c.knowsPVCs(); err != nil {
		return nil, err
	}
	return list(ctx, c, cmdpb.ListKind_PVCS, (*cmdpb.ListResult).GetPvcs)
}

// LinkStatus tells whether the link of a PVC is up, and if not, why.
type LinkStatus struct {
	Up     bool
	Detail string
}

// LinkStatus returns what was last told of the link of a PVC. That of another VC is always up: a call
// that is signalled ends with its link.
func (v *VC) LinkStatus() LinkStatus {
	v.mu.Lock()
	defer v.mu.Unlock()
	return LinkStatus{Up: v.down == nil, Detail: v.down.GetDetail()}
}

// LinkChanges returns a channel that holds a token after the link of a PVC has gone down or has come
// up; [VC.LinkStatus] tells which. The PVC stays: what is sent meanwhile waits or is lost below.
func (v *VC) LinkChanges() <-chan struct{} { return v.linkChanges }

// linkChanged handles VCStatus.
func (v *VC) linkChanged(s *cmdpb.VCStatus) {
	v.mu.Lock()
	v.down = s
	if s.GetUp() {
		v.down = nil
	}
	v.mu.Unlock()
	select {
	case v.linkChanges <- struct{}{}:
	default:
	}
}
