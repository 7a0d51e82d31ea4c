package pdf

import "fmt"

func (f *File) repair(why error) error {
	return fmt.Errorf("%w: not repaired: %w", ErrDamaged, why)
}
