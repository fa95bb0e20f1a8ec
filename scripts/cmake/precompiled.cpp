// Nothing: what is wanted is the precompiled headers of its target (Folders.cmake).
