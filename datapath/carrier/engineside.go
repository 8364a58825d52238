package carrier

import (
	"callmanager/nicio"
	"callmanager/vc"
)

// An EngineSide is the engine's side of a [Link]: a [datapath.Transport] but for its counters, for one to
// embed.
type EngineSide struct{ link *Link }

// EngineSide returns the engine's side of the link.
func (l *Link) EngineSide() EngineSide { return EngineSide{l} }

// Data implements [datapath.Transport].
func (e EngineSide) Data() nicio.Port { return e.link.Data }

// Control implements [datapath.Transport].
func (e EngineSide) Control() nicio.Port { return e.link.Control }

// UserBits implements [datapath.Transport].
func (e EngineSide) UserBits() uint8 { return e.link.cfg.UserBits }

// Start implements [datapath.Transport].
func (e EngineSide) Start(changed func()) { e.link.start(changed) }

// Status implements [datapath.Transport].
func (e EngineSide) Status() vc.LinkStatus { return e.link.status() }

// Close implements [datapath.Transport].
func (e EngineSide) Close() error { return e.link.close() }
