package cm

// object is what a handle names: a VC, a SAP or a party.
type object struct {
	vc    *conn
	sap   *sap
	party *party
}

// owner returns whose the object is.
func (o object) owner() *client {
	switch {
	case o.vc != nil:
		return o.vc.owner
	case o.sap != nil:
		return o.sap.owner
	}
	return o.party.v.owner
}
