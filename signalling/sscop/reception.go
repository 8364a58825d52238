package sscop

// sdReady is an SD in Data Transfer Ready. Numbers compare from VR(R).
func (c *Conn) sdReady(in *PDU) State {
	i, high := in.NS.Sub(c.vrR), c.vrH.Sub(c.vrR)
	switch {
	case i >= c.vrMR.Sub(c.vrR):
		c.outsideWindow()
	case i == 0:
		c.deliver(in.Data)
	case i == high:
		c.rx.put(i, in.Data)
		c.vrH = c.vrH.Add(1)
	case i > high:
		c.rx.put(i, in.Data)
		c.sendUSTAT(c.vrH, in.NS)
		c.vrH = in.NS.Add(1)
	case c.rx.has(i):
		return c.beginRecovery(ErrSequence)
	default:
		c.rx.put(i, in.Data)
	}
	return DataTransferReady
}

// outsideWindow discards an SD for which there is no credit. The peer has sent all that the window
// allows, so what is missing of it is asked for.
func (c *Conn) outsideWindow() {
	c.stats.Discarded++
	if c.vrH.Less(c.vrMR, c.vrR) {
		c.sendUSTAT(c.vrH, c.vrMR)
		c.vrH = c.vrMR
	}
}

// deliver hands the SD numbered VR(R) to the user, and those that waited for it.
func (c *Conn) deliver(data []byte) {
	if c.vrH == c.vrR {
		c.vrH = c.vrH.Add(1)
	}
	for more := true; more; data, more = c.rx.advance() {
		c.vrR = c.vrR.Add(1)
		c.emit(Effect{Kind: DataInd, SDU: data})
	}
}

// unitData is a UD in any state.
func (c *Conn) unitData(in *PDU) State {
	c.emit(Effect{Kind: UnitDataInd, SDU: in.Data})
	return c.state
}

// mgmtData is an MD in any state.
func (c *Conn) mgmtData(in *PDU) State {
	c.emit(Effect{Kind: MgmtDataInd, SDU: in.Data})
	return c.state
}

// pollReady is a POLL in Data Transfer Ready.
func (c *Conn) pollReady(in *PDU) State {
	if in.NS.Less(c.vrH, c.vrR) {
		return c.beginRecovery(ErrSequence)
	}
	c.vrH = in.NS
	if c.vrMR.Less(c.vrH, c.vrR) {
		c.vrH = c.vrMR
	}
	c.sendSTAT(in.NPS)
	return DataTransferReady
}

// sendSTAT answers POLL nps with the gaps and runs between VR(R) and VR(H), in as many STATs as
// MaxSTAT makes necessary. MaxSTAT is odd, so a STAT that is full ends with the start of a gap, with
// which the next begins.
func (c *Conn) sendSTAT(nps Seq) {
	c.list = c.list[:0]
	high := c.vrH.Sub(c.vrR)
	for i, missing := 0, true; i < high; missing = !missing {
		if missing && len(c.list) == c.cfg.MaxSTAT-1 {
			c.list = append(c.list, c.vrR.Add(i))
			c.transmitSTAT(nps)
			c.list = c.list[:0]
		}
		c.list = append(c.list, c.vrR.Add(i))
		for i < high && c.rx.has(i) != missing {
			i++
		}
	}
	if high > 0 {
		c.list = append(c.list, c.vrH)
	}
	c.transmitSTAT(nps)
}

func (c *Conn) transmitSTAT(nps Seq) {
	c.transmit(&PDU{Type: STAT, NPS: nps, NMR: c.vrMR, NR: c.vrR, List: c.list})
}

// sendUSTAT reports the gap from up to, but not including, to.
func (c *Conn) sendUSTAT(from, to Seq) {
	c.list = append(c.list[:0], from, to)
	c.transmit(&PDU{Type: USTAT, NMR: c.vrMR, NR: c.vrR, List: c.list})
}

// openWindow initialises VR(MR) before it is announced in a BGN, BGAK, RS, RSAK, ER or ERAK.
func (c *Conn) openWindow() {
	c.vrMR = NewSeq(uint32(c.cfg.Window))
}

// Grant gives the peer credit for n more SDs, up to Config.Window beyond VR(R): the user calls it
// once it has done with the SDUs of n DataInd effects. VR(MR) is announced by the next STAT or
// USTAT. Outside Data Transfer Ready it does nothing.
func (c *Conn) Grant(n int) {
	if c.state != DataTransferReady || n <= 0 {
		return
	}
	open := min(c.vrMR.Sub(c.vrR)+n, c.cfg.Window)
	c.vrMR = c.vrR.Add(open)
}
