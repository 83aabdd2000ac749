//! One thing or several, where there is nearly always one.
//!
//! In: what a place of the tree has. Out: the same as a slice. One thing stands in the place itself and takes no memory
//! elsewhere; of several, or none, there is a list.

use std::ops::Deref;

use thin_vec::ThinVec;

/// One thing without a list, or a list.
#[derive(Debug, Clone)]
pub enum Few<T> {
    /// The only one.
    One(T),
    /// None, or more than one.
    List(ThinVec<T>),
}

impl<T> Few<T> {
    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::List(list) => list,
        }
    }

    /// With one more behind it.
    #[must_use]
    pub fn with(self, last: T) -> Self {
        let mut list = match self {
            Self::List(list) if list.is_empty() => return Self::One(last),
            Self::List(list) => list,
            Self::One(one) => ThinVec::from([one]),
        };
        list.push(last);
        Self::List(list)
    }

    /// Gives back the room that the list does not need.
    pub fn shrink(&mut self) {
        match self {
            Self::One(_) => {}
            Self::List(list) => list.shrink_to_fit(),
        }
    }
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self::List(ThinVec::new())
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Self {
        let mut few = things.into_iter().fold(Self::default(), Self::with);
        few.shrink();
        few
    }
}

impl<'f, T> IntoIterator for &'f Few<T> {
    type Item = &'f T;
    type IntoIter = std::slice::Iter<'f, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::Few;

    #[test]
    fn one_stands_in_its_place() {
        let of = |count: u8| (0..count).collect::<Few<u8>>();
        assert!(matches!(of(0), Few::List(list) if list.is_empty()));
        assert!(matches!(of(1), Few::One(0)));
        assert_eq!(of(1).as_slice(), [0]);
        assert_eq!(of(3).as_slice(), [0, 1, 2]);
    }
}
