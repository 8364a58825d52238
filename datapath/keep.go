package datapath

import (
	"errors"
	"fmt"
	"net"

	"callmanager/vc"
)

// KeepVC ends a VC whose branches are inactive as CloseVC does, but for its rings: they are kept under
// its handle for another VC of the same client, which OpenVC makes of them, or until CloseVC.
func (e *Engine) KeepVC(h vc.Handle) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.circuits[h]
	if c == nil || e.phase == closed {
		return
	}
	delete(e.circuits, h)
	e.kept[h] = c.end
	c.end.Retire()
	if len(c.branches) > 0 { // None, unless the caller is at fault.
		e.work.Go(func() { e.isolate(c) })
	}
}

// reopen makes a VC of kept rings. It may wait for a worker to finish a turn.
func (e *Engine) reopen(h, kept vc.Handle) error {
	e.mu.Lock()
	old := e.kept[kept]
	delete(e.kept, kept)
	e.mu.Unlock()
	if old == nil {
		return fmt.Errorf("datapath: open VC %s: no rings of VC %s are kept: %w", h, kept, net.ErrClosed)
	}
	end, err := old.Renew()
	if err != nil {
		return fmt.Errorf("datapath: open VC %s: %w", h, errors.Join(err, old.Close()))
	}
	if err := e.adopt(h, end); err != nil {
		return errors.Join(err, end.Close())
	}
	return nil
}
