// Host 2: the pages of `isthmus serve`.
export {};
