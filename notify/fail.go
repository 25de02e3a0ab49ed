package notify

import (
	"fmt"

	"gelombang/internal/sqldb"
)

// To is the address that a message goes to. A message that is gone is sqldb's NoRows.
func (s *Service) To(q sqldb.Querier, message int64) (string, error) {
	sealed, err := recipient(q, message)
	if err != nil {
		return "", err
	}
	return s.keys.UnsealText(sealTo, message, sealed)
}

// Fail ends a message whose address is known to be nobody's, whichever provider has it
// and whether or not one was asked. One that is known to have arrived stays as it is.
func (s *Service) Fail(tx *sqldb.Tx, message int64, reason Reason) error {
	if !reason.ofAddress() {
		return fmt.Errorf("fail message: %q says nothing of an address", reason)
	}
	_, err := s.bounced(tx, Bounce{Returned: Returned{Message: message}, Failed: true, Reason: reason})
	return err
}
