package vc

import "fmt"

// Category is an ATM service category (TM 4.1 clause 2). The zero value is
// none.
type Category uint8

// The service categories, in their order of priority for transmission.
const (
	_ Category = iota
	// CBR reserves its peak cell rate.
	CBR
	// RTVBR is real-time variable bit rate.
	RTVBR
	// NRTVBR is non-real-time variable bit rate.
	NRTVBR
	// UBR is unspecified bit rate: best effort, nothing reserved.
	UBR
)

// String names the category as the field does.
func (c Category) String() string {
	switch c {
	case CBR:
		return "CBR"
	case RTVBR:
		return "rt-VBR"
	case NRTVBR:
		return "nrt-VBR"
	case UBR:
		return "UBR"
	}
	return fmt.Sprintf("Category(%d)", uint8(c))
}

// Flow is what one direction of a VC may carry.
type Flow struct {
	// PCR is the peak cell rate of CLP 0+1 in cells/s. Zero means that this
	// direction carries nothing.
	PCR CellRate
	// SCR is the sustainable cell rate of CLP 0+1 in cells/s, for the VBR
	// categories; zero elsewhere.
	SCR CellRate
	// MBS is the maximum burst size in cells, for the VBR categories; zero
	// elsewhere.
	MBS uint32
	// MDCR is the minimum desired cell rate of UBR in cells/s (TM 4.1 addendum
	// af-tm-0150, af-cs-0147): what is reserved for it and sent before other best
	// effort. Zero asks for none.
	MDCR CellRate
	// MaxSDU is the largest CPCS-SDU in octets, 1 to [MaxSDULen]; zero where
	// PCR is zero.
	MaxSDU uint16
	// MinPoliced is the minimum policed size in octets: a smaller SDU is
	// charged as one of this size. Zero means 1.
	MinPoliced uint16
	// Tagging asks the network to tag excess cells rather than drop them.
	Tagging bool
	// FrameDiscard allows whole SDUs to be dropped when cells must be.
	FrameDiscard bool
}

// Charge returns the cells that an SDU of n octets counts for against the
// flow's rates: its own, but at least those of the minimum policed size.
func (f Flow) Charge(n int) int { return CellsFor(max(n, int(f.MinPoliced))) }

// Contract is the traffic contract of a call. Forward is from the calling to
// the called side, as in the ATM traffic descriptor.
type Contract struct {
	Category Category
	Forward  Flow
	Backward Flow
}

// Directions returns the contract's flows as seen by one end: what it may
// send and what it will receive. calling tells which end.
func (c Contract) Directions(calling bool) (send, receive Flow) {
	if calling {
		return c.Forward, c.Backward
	}
	return c.Backward, c.Forward
}

// Validate reports the first rule of TM 4.1 and Q.2931 clause 4.5.6 that the
// contract breaks, or nil.
func (c Contract) Validate() error {
	if c.Category < CBR || c.Category > UBR {
		return fmt.Errorf("vc: contract has no service category")
	}
	if c.Forward.PCR == 0 && c.Backward.PCR == 0 {
		return fmt.Errorf("vc: contract carries nothing in either direction: set a peak cell rate")
	}
	if err := c.Forward.validate(c.Category); err != nil {
		return fmt.Errorf("vc: forward flow: %w", err)
	}
	if err := c.Backward.validate(c.Category); err != nil {
		return fmt.Errorf("vc: backward flow: %w", err)
	}
	return nil
}

func (f Flow) validate(c Category) error {
	vbr := c == RTVBR || c == NRTVBR
	switch {
	case f.PCR > MaxCellRate:
		return fmt.Errorf("peak cell rate %d is beyond %d cells/s", f.PCR, MaxCellRate)
	case f.MBS > uint32(MaxCellRate):
		return fmt.Errorf("burst size %d is beyond %d cells", f.MBS, MaxCellRate)
	case f.MDCR > f.PCR:
		return fmt.Errorf("minimum desired cell rate %d is above the peak cell rate %d", f.MDCR, f.PCR)
	case f.MDCR != 0 && c != UBR:
		return fmt.Errorf("a minimum desired cell rate with category %s, which reserves its rates", c)
	case f.PCR == 0 && (f.SCR != 0 || f.MBS != 0):
		return fmt.Errorf("a sustainable rate or burst without a peak cell rate")
	case f.PCR != 0 && f.MaxSDU == 0:
		return fmt.Errorf("a peak cell rate without a maximum SDU size")
	case f.MinPoliced > f.MaxSDU:
		return fmt.Errorf("minimum policed size %d is above the maximum SDU size %d", f.MinPoliced, f.MaxSDU)
	case !vbr && (f.SCR != 0 || f.MBS != 0):
		return fmt.Errorf("a sustainable rate or burst with category %s, which has none", c)
	case vbr && f.PCR != 0 && (f.SCR == 0 || f.SCR > f.PCR || f.MBS == 0):
		return fmt.Errorf("category %s needs a burst size and a sustainable rate of 1 to the peak cell rate", c)
	}
	return nil
}
