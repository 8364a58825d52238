package sscop

// ErrorCode is the code of an MAA-ERROR.indication, a letter of Q.2110 clause 6.2. The zero value is
// no error.
type ErrorCode byte

// The error codes of Q.2110. E and N are reserved: an END is expected in every state and the
// Recommendation skips N.
const (
	ErrSD          ErrorCode = 'A' // unsolicited or inappropriate SD
	ErrBGN         ErrorCode = 'B' // ... BGN
	ErrBGAK        ErrorCode = 'C' // ... BGAK
	ErrBGREJ       ErrorCode = 'D' // ... BGREJ
	ErrENDAK       ErrorCode = 'F' // ... ENDAK
	ErrPOLL        ErrorCode = 'G' // ... POLL
	ErrSTAT        ErrorCode = 'H' // ... STAT
	ErrUSTAT       ErrorCode = 'I' // ... USTAT
	ErrRS          ErrorCode = 'J' // ... RS
	ErrRSAK        ErrorCode = 'K' // ... RSAK
	ErrER          ErrorCode = 'L' // ... ER
	ErrERAK        ErrorCode = 'M' // ... ERAK
	ErrMaxCC       ErrorCode = 'O' // VT(CC) reached MaxCC
	ErrNoResponse  ErrorCode = 'P' // Timer_NO-RESPONSE expired
	ErrSequence    ErrorCode = 'Q' // N(S) of an SD or POLL
	ErrPollNumber  ErrorCode = 'R' // N(PS) of a STAT
	ErrSTATList    ErrorCode = 'S' // N(R) or a list element of a STAT
	ErrUSTATList   ErrorCode = 'T' // N(R) or a list element of a USTAT
	ErrLength      ErrorCode = 'U' // length of a PDU, or an unknown type
	ErrLoss        ErrorCode = 'V' // SD PDUs must be retransmitted, with their number
	ErrNoCredit    ErrorCode = 'W' // the peer's credit is used up
	ErrCreditAgain ErrorCode = 'X' // credit obtained
)

// String returns the letter of the code.
func (e ErrorCode) String() string {
	return string(rune(e))
}
